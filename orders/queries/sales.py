"""What buyers bought, for credits that name a buyer and goods but no order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef

from customers import queries as customers
from oms.models import Event
from orders.models import Cancellation, Channel, Order, OrderLine


@dataclass(frozen=True, slots=True)
class SoldUnits:
    """A line that has units which were neither cancelled nor returned."""

    external_id: str
    position: int
    placed_at: datetime
    unit_price: Decimal
    quantity: int


def units_sold(channel: Channel, email: str, sku: str, *, reference: str) -> list[SoldUnits]:
    """What is left of a buyer's purchases of a SKU in a channel, oldest first.

    Nothing when `reference` was already announced for one of these orders: that credit has been
    here before.
    """
    lines = OrderLine.objects.filter(
        order__channel=channel, order__subject__in=customers.find_subjects(email), sku=sku
    )
    lines = lines.select_related("order").order_by("order__placed_at", "pk")
    found = [line for line in lines if line.due > line.returned]
    if is_announced((line.order_id for line in lines), reference):
        return []
    return [
        SoldUnits(
            line.order.external_id,
            line.position,
            line.order.placed_at,
            line.unit_price,
            line.due - line.returned,
        )
        for line in found
    ]


def is_announced(order_ids: Iterable[int], reference: str) -> bool:
    """Whether a credit with this reference was taken note of on one of these orders."""
    cancelled = Cancellation.objects.filter(order=OuterRef("pk"), note=reference)
    announced = Event.objects.filter(
        subject_type="orders.order",
        subject_id=OuterRef("pk"),
        name="order.return_announced",
        facts__reference=reference,
    )
    orders = Order.objects.filter(pk__in=set(order_ids))
    return orders.filter(Exists(cancelled)).exists() or orders.filter(Exists(announced)).exists()


def orders_sent(channel: Channel, external_ids: Iterable[str]) -> dict[str, Order]:
    """Orders by what their channel calls them, with their lines."""
    rows = Order.objects.filter(channel=channel, external_id__in=set(external_ids))
    return {order.external_id: order for order in rows.prefetch_related("lines")}
