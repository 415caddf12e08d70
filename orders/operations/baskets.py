"""Stock set aside for carts and quotes, within what the channel allows.

The limits protect the other buyers from one who takes all; they are counted without a lock, so a
crowd of the same moment may pass the last of them by a few.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import SoftPurpose, SoftState
from oms.errors import DomainError
from orders.models import Channel, SkuAlias

if TYPE_CHECKING:
    from inventory.models import SoftReservation


class SoftLimit(DomainError):
    """The channel sets aside fewer units, fewer baskets, or for a shorter time."""

    code = "soft_reservation_limit"
    message = "{reason}"


class SoftTokenReused(DomainError):
    """The channel used this token before, for something else."""

    code = "soft_token_reused"
    message = "Reservation {token} is {state} already, with other content."


class UnknownSkus(DomainError):
    """What is to be set aside is not sold."""

    code = "unknown_sku"
    message = "Not sold: {skus}"


@dataclass(frozen=True, slots=True)
class SoftWish:
    """What a basket wants to keep: units by SKU as the channel calls it, and for where."""

    lines: Sequence[tuple[str, int]]
    token: str = ""
    purpose: str = SoftPurpose.CART
    minutes: int | None = None
    destination: stock.Destination = stock.ANYWHERE
    location_id: int | None = None


def set_aside(channel: Channel, wish: SoftWish, *, by: str) -> tuple["SoftReservation", bool]:
    """Keep units for a basket of the channel; the soft reservation, and whether it is new.

    A repeat with the same token and lines gives the open one. Raises SoftLimit, UnknownSkus,
    SoftTokenReused or inventory's NotAvailable, and changes nothing.
    """
    token = wish.token or secrets.token_urlsafe(24)
    if known := stock.soft_reservation(channel.code, token):
        return _repeat(known, channel, wish), False
    try:
        return _set_aside(channel, wish, token, by=by), True
    except IntegrityError:
        if known := stock.soft_reservation(channel.code, token):
            return _repeat(known, channel, wish), False
        raise


def renew(
    channel: Channel,
    soft: "SoftReservation",
    *,
    by: str,
    minutes: int | None = None,
    lines: Sequence[tuple[str, int]] | None = None,
) -> "SoftReservation":
    """Start a basket's time anew on activity, and replace its lines where some are given.

    The whole life stays within the channel's longest. Raises SoftLimit, UnknownSkus and
    inventory's NotAvailable or SoftReservationEnded, and changes nothing.
    """
    until = _until(channel, minutes, begun=soft.created_at)
    with transaction.atomic():
        soft = inventory.extend(soft, by=by, expires_at=until)
        if lines is not None:
            _refuse_too_many(channel, lines)
            basket = inventory.Basket(_units(channel, lines), taker=stock.Taker(channel.pk))
            soft = inventory.refill(soft, basket, by=by)
    return soft


@transaction.atomic
def _set_aside(channel: Channel, wish: SoftWish, token: str, *, by: str) -> "SoftReservation":
    until = _until(channel, wish.minutes, begun=timezone.now())
    _refuse_too_many(channel, wish.lines)
    if stock.open_soft_reservations(channel.code, channel.soft_open) >= channel.soft_open:
        raise SoftLimit(reason=f"Channel {channel.code} has {channel.soft_open} baskets open.")
    basket = inventory.Basket(
        _units(channel, wish.lines),
        wish.destination,
        wish.location_id,
        stock.Taker(channel.pk),
    )
    return inventory.set_aside(
        token, basket, by=by, channel=channel.code, expires_at=until, purpose=wish.purpose
    )


def _repeat(known: "SoftReservation", channel: Channel, wish: SoftWish) -> "SoftReservation":
    wanted = _units(channel, wish.lines)
    if known.state != SoftState.OPEN or _content(known) != dict(wanted):
        raise SoftTokenReused(token=known.token, state=known.state)
    return known


def _content(soft: "SoftReservation") -> dict[int, int]:
    units = stock.soft_content(soft).units
    products = stock.products_by_sku(units)
    return {products[sku].pk: quantity for sku, quantity in units.items() if sku in products}


def _until(channel: Channel, minutes: int | None, *, begun: datetime) -> datetime:
    if not channel.soft_longest_hours:
        raise SoftLimit(reason=f"Channel {channel.code} sets nothing aside.")
    until = timezone.now() + timedelta(minutes=minutes or channel.soft_minutes)
    longest = timedelta(hours=channel.soft_longest_hours)
    if until > begun + longest + timedelta(minutes=1):
        raise SoftLimit(
            reason=f"Channel {channel.code} keeps a basket for at most "
            f"{channel.soft_longest_hours} hours."
        )
    return until


def _refuse_too_many(channel: Channel, lines: Sequence[tuple[str, int]]) -> None:
    if sum(quantity for _, quantity in lines) > channel.soft_units:
        raise SoftLimit(
            reason=f"Channel {channel.code} sets at most {channel.soft_units} units aside."
        )


def _units(channel: Channel, lines: Sequence[tuple[str, int]]) -> tuple[tuple[int, int], ...]:
    """Units by product id, added up; SKUs may be the channel's own."""
    skus = {sku for sku, _ in lines}
    found = {sku: product.pk for sku, product in stock.products_by_sku(skus).items()}
    if missing := skus - found.keys():
        aliases = SkuAlias.objects.filter(channel=channel, alias__in=missing)
        found |= dict(aliases.values_list("alias", "product_id"))
    if unknown := sorted(skus - found.keys()):
        raise UnknownSkus(skus=", ".join(unknown))
    totals: Counter[int] = Counter()
    for sku, quantity in lines:
        totals[found[sku]] += quantity
    return tuple(sorted(totals.items()))
