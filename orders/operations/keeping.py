"""Stock kept for a draft while its buyer makes up their mind.

The units are a soft reservation of inventory: nobody else can be sold them until the draft is
placed, which takes them over, or their time is over. Also what every act on a draft begins with.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import SoftPurpose, SoftState
from oms import events
from oms.errors import DomainError
from oms.history import stamp
from orders.enums import DraftStatus
from orders.models import DraftOrder

if TYPE_CHECKING:
    from inventory.models import SoftReservation


class DraftEnded(DomainError):
    """A submitted or discarded draft does not change any more."""

    code = "draft_ended"
    message = "Draft {number} is {status}; it cannot change any more."


class NothingToKeep(DomainError):
    """Stock is kept for products that we know."""

    code = "nothing_to_keep"
    message = "Draft {number} has no product that stock could be kept for."


class KeptIntoThePast(DomainError):
    """Stock is kept for some time."""

    code = "kept_into_the_past"
    message = "Stock must be kept beyond this moment."


@transaction.atomic
def keep_stock(document: DraftOrder, *, by: str, until: datetime) -> DraftOrder:
    """Keep all units of a draft until a moment, or move that moment.

    Raises DraftEnded, NothingToKeep, KeptIntoThePast, and inventory's NotAvailable when not
    everything is there, and changes nothing.
    """
    document = lock(document)
    refuse_ended(document)
    if until <= timezone.now():
        raise KeptIntoThePast
    if soft := kept(document):
        inventory.extend(soft, by=by, expires_at=until)
    else:
        _set_aside(document, until, by=by)
    events.record("draft.stock_kept", document, by=by, until=until.isoformat())
    return document


@transaction.atomic
def give_stock_back(document: DraftOrder, *, by: str) -> DraftOrder:
    """Let others have the units; a repeat changes nothing. Raises DraftEnded."""
    document = lock(document)
    refuse_ended(document)
    if soft := kept(document):
        inventory.put_back(soft, by=by)
    if document.reservation:
        _forget(document, by=by, reason="")
    return document


@transaction.atomic
def end_keeping(tokens: Collection[str], *, by: str) -> None:
    """Note on open drafts that the stock kept for them under these names went back in its time.

    What is kept still or again is left as it is, so that a repeat changes nothing.
    """
    rows = DraftOrder.objects.filter(status=DraftStatus.OPEN, reservation__in=tokens)
    for found in rows.order_by("pk"):
        document = lock(found)
        ended = document.reservation in tokens and kept(document) is None
        if ended and document.status == DraftStatus.OPEN:
            _forget(document, by=by, reason="Its time was over.")


def kept(document: DraftOrder) -> "SoftReservation | None":
    """The open reservation of a draft, if there is one."""
    if not document.reservation:
        return None
    soft = stock.soft_reservation(document.channel.code, document.reservation)
    return soft if soft is not None and soft.state == SoftState.OPEN else None


def keep_the_same(document: DraftOrder, soft: "SoftReservation", *, by: str) -> None:
    """Keep what the draft now asks for instead; give all back when that is not there."""
    try:
        with transaction.atomic():
            inventory.refill(soft, _basket(document), by=by)
    except (inventory.NotAvailable, NothingToKeep) as error:
        inventory.put_back(soft, by=by)
        _forget(document, by=by, reason=error.detail)


def lock(document: DraftOrder) -> DraftOrder:
    """Lock the draft's row and return it freshly read."""
    rows = DraftOrder.objects.select_related(
        "channel", "customer__subject", "subject", "pickup_location"
    )
    return rows.lock_one(document.pk)


def refuse_ended(document: DraftOrder) -> None:
    """Raise DraftEnded unless the draft is open."""
    if document.status != DraftStatus.OPEN:
        raise DraftEnded(number=document.number, status=document.status)


def _forget(document: DraftOrder, *, by: str, reason: str) -> None:
    document.reservation = ""
    stamp(document, by=by, reason="stock given back")
    document.save(update_fields=["reservation"])
    events.record("draft.stock_given_back", document, by=by, reason=reason)


def _set_aside(document: DraftOrder, until: datetime, *, by: str) -> None:
    basket = _basket(document)
    document.reservation = f"{document.number}-{document.history.count()}"
    stamp(document, by=by, reason="stock kept")
    document.save(update_fields=["reservation"])
    inventory.set_aside(
        document.reservation,
        basket,
        by=by,
        channel=document.channel.code,
        expires_at=until,
        purpose=SoftPurpose.QUOTE,
    )


def _basket(document: DraftOrder) -> inventory.Basket:
    """Units by product id, as inventory sets them aside. Raises NothingToKeep."""
    units: dict[int, int] = {}
    rows = document.lines.exclude(product=None).order_by("position")
    for product, quantity in rows.values_list("product_id", "quantity"):
        units[product] = units.get(product, 0) + quantity
    if not units:
        raise NothingToKeep(number=document.number)
    group = document.customer.group if document.customer else ""
    taker = stock.Taker(document.channel_id, group)
    place = document.pickup_location_id
    return inventory.Basket(tuple(units.items()), location_id=place, taker=taker)
