"""Finding orders, for apps above that hold ids and numbers."""

from django.db.models import QuerySet

from oms.prepared import prepared
from orders.models import Channel, Order


def order_by_id(pk: int) -> Order:
    """One order with its channel. Raises Order.DoesNotExist."""
    return Order.objects.select_related("channel").get(pk=pk)


def order_by_number(number: str) -> Order | None:
    """One order with its channel, or none."""
    return Order.objects.select_related("channel").filter(number=number).first()


def active_channel(code: str) -> Channel | None:
    """The channel with this code, unless it was switched off."""
    return next(iter(_active(code=code)), None)


def selling_channels() -> list[Channel]:
    """The channels that sell, by code."""
    return list(Channel.objects.filter(is_active=True).order_by("code"))


@prepared
def _active(code: str) -> QuerySet[Channel]:
    return Channel.objects.filter(code=code, is_active=True)
