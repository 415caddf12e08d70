"""How an order stands: what a person compares before confirming a change."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory import queries as stock
from orders.enums import OrderStatus
from orders.models import Hold, Order
from orders.queries.balance import Balance, balance
from orders.queries.promising import told_day
from orders.queries.versions import current_content


@dataclass(frozen=True, slots=True)
class Standing:
    """An order at one moment: what it says, its money, where it comes from and by when."""

    content: dict[str, Any]
    money: Balance
    route: dict[str, int]  # units reserved, by location code
    backordered: int  # units that wait for stock
    promised_at: datetime | None  # none while nothing in sight covers what waits
    holds: tuple[str, ...]  # reasons of open holds

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will be shipped any more: it is cancelled."""
        return bool(self.content["status"] == OrderStatus.CANCELLED)

    @property
    def total(self) -> Decimal:
        """What the buyer owes for everything."""
        return self.money.due


def standing(order: Order) -> Standing:
    """How an order stands now, freshly read; a fixed number of statements."""
    order = Order.objects.select_related("channel", "pickup_location").get(pk=order.pk)
    lines = list(order.lines.order_by("position"))
    route: dict[str, int] = {}
    for held in stock.open_reservations([line.pk for line in lines]):
        code = held.level.location.code
        route[code] = route.get(code, 0) + held.quantity
    holds = Hold.objects.filter(order=order, lifted_at=None).order_by("pk")
    return Standing(
        content=current_content(order),
        money=balance(order),
        route=route,
        backordered=sum(line.backordered for line in lines),
        promised_at=told_day(order, lines),
        holds=tuple(holds.values_list("reason", flat=True)),
    )
