"""An order with everything that its page and its answer in the API show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, prefetch_related_objects

from orders.models import Business, Hold, Order, OrderCharge, OrderLine, Promise, Rest
from orders.queries.balance import Balance, balances
from orders.queries.rests import waiting_rests


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """One order, its lines by position, its charges, its open holds and its money."""

    order: Order
    lines: Sequence[OrderLine]
    charges: Sequence[OrderCharge]
    holds: Sequence[Hold]
    balance: Balance
    business: Business | None = None  # number and terms of a company's order
    promises: Sequence[Promise] = ()  # oldest first; none while the channel's rule stands
    rest: Rest | None = None  # what a location gave up and waits for its re-routing window


def details(orders: Iterable[Order]) -> list[OrderDetail]:
    """Details of these orders in a fixed number of statements."""
    orders = list(orders)
    if not orders:
        return []
    holds = Prefetch("holds", Hold.objects.select_related("type"))
    business = Prefetch("business", Business.objects.select_related("company"))
    prefetch_related_objects(orders, "lines", "charges", holds, "promises", business)
    money, rests = balances(orders), waiting_rests(orders)
    return [
        OrderDetail(
            order=order,
            lines=sorted(order.lines.all(), key=lambda line: line.position),
            charges=list(order.charges.all()),
            holds=[hold for hold in order.holds.all() if hold.lifted_at is None],
            balance=money[order.pk],
            business=getattr(order, "business", None),
            promises=sorted(order.promises.all(), key=lambda promise: promise.sequence),
            rest=rests.get(order.pk),
        )
        for order in orders
    ]


def detail(order: Order) -> OrderDetail:
    """Details of one order."""
    return details([order])[0]
