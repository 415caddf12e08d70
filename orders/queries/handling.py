"""What was decided about the treatment of orders."""

from orders.enums import ChargeKind
from orders.models import Handling, OrderCharge


def carrier_wished(order_id: int) -> tuple[str, str]:
    """Code of the carrier that an order is to be shipped with, and its service; empty for any."""
    row = Handling.objects.filter(order=order_id).values_list("carrier", "service").first()
    return row or ("", "")


def method_chosen(order_id: int) -> str:
    """How the buyer wanted it shipped, as the channel called it; empty where it did not say."""
    rows = OrderCharge.objects.filter(order=order_id, kind=ChargeKind.SHIPPING).order_by("pk")
    return rows.values_list("description", flat=True).first() or ""
