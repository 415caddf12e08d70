"""Finding orders, for apps above that hold ids and numbers."""

from orders.models import Order


def order_by_id(pk: int) -> Order:
    """One order with its channel. Raises Order.DoesNotExist."""
    return Order.objects.select_related("channel").get(pk=pk)


def order_by_number(number: str) -> Order | None:
    """One order with its channel, or none."""
    return Order.objects.select_related("channel").filter(number=number).first()
