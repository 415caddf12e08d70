"""What was decided about the treatment of orders."""

from orders.models import Handling


def carrier_wished(order_id: int) -> tuple[str, str]:
    """Code of the carrier that an order is to be shipped with, and its service; empty for any."""
    row = Handling.objects.filter(order=order_id).values_list("carrier", "service").first()
    return row or ("", "")
