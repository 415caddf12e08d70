"""Which parcels carriers collect money for, asked by whoever books it."""

from collections.abc import Iterable
from datetime import datetime

from fulfillment.models import Shipment


def orders_by_tracking(carrier: str, numbers: Iterable[str]) -> dict[str, int]:
    """Order ids by a carrier's tracking numbers, or by our shipment numbers where it names those."""
    wanted = list(numbers)
    rows = Shipment.objects.filter(carrier__code=carrier)
    found = dict(rows.filter(number__in=wanted).values_list("number", "order_id"))
    by_tracking = rows.filter(tracking_number__in=wanted).order_by("pk")
    return found | dict(by_tracking.values_list("tracking_number", "order_id"))


def handed_over(orders: Iterable[int]) -> dict[int, tuple[str, datetime, datetime | None]]:
    """By order id: the carrier's code, when it got the last parcel, and when it delivered it."""
    rows = Shipment.objects.filter(order__in=list(orders)).order_by("pk")
    found = rows.values_list("order_id", "carrier__code", "shipped_at", "delivered_at")
    return {order: (code, shipped, delivered) for order, code, shipped, delivered in found}
