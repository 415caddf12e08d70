"""Limits of the built-in checks, by channel."""

from decimal import Decimal

from django.db import transaction

from oms.errors import DomainError
from oms.history import stamp
from orders.models import Channel

LIMITS = ("review_limit", "duplicate_window_minutes", "checks_prices")


class LimitBelowZero(DomainError):
    """Every order would be above it."""

    code = "limit_below_zero"
    message = "A limit is zero or more."


@transaction.atomic
def set_check_limits(
    channel: Channel,
    *,
    by: str,
    review_limit: Decimal | None,
    duplicate_window_minutes: int,
    checks_prices: bool,
) -> bool:
    """Say what a channel lets through unseen, from the next order on; whether that is a change.

    `review_limit` is in the channel's currency: orders above it wait for a person, none is no
    limit. Within `duplicate_window_minutes` the same lines of the same buyer are suspicious, 0 is
    never. `checks_prices` compares what an order states with the price lists. Orders that wait
    already are not looked at again. Raises LimitBelowZero.
    """
    if (review_limit or 0) < 0 or duplicate_window_minutes < 0:
        raise LimitBelowZero
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    wanted = dict(zip(LIMITS, (review_limit, duplicate_window_minutes, checks_prices), strict=True))
    changed = [name for name in LIMITS if getattr(channel, name) != wanted[name]]
    for name in changed:
        setattr(channel, name, wanted[name])
    if changed:
        stamp(channel, by=by, reason="limits of the built-in checks")
        channel.save(update_fields=changed)
    return bool(changed)
