"""Locking and moving the documents of supply: purchase orders and transfers, before stock."""

from typing import TypeVar

from django.utils import timezone

from inventory.enums import PURCHASE_ORDER_MOVES, TRANSFER_MOVES
from inventory.models import Location, PurchaseOrder, Transfer
from oms import events
from oms.errors import DomainError
from oms.history import stamp

D = TypeVar("D", PurchaseOrder, Transfer)


class NotAllowedNow(DomainError):
    """The document's status does not allow this."""

    code = "illegal_move"
    message = "{number} is {status}; it cannot become {to}."


class RateMissing(DomainError):
    """Two currencies meet, and nobody said how much of one is worth how much of the other."""

    code = "exchange_rate_missing"
    message = "Say how much {wanted} one {given} is worth."


def lock(document: D) -> D:
    """Lock the document and return it freshly read, with what it points to."""
    return type(document).objects.select_related(*_tree(document)).lock_one(document.pk)


def advance(document: PurchaseOrder | Transfer, to: str, *, by: str, reason: str = "") -> None:
    """Change the status by the table only and stamp its time. Raises NotAllowedNow."""
    refuse_move(document, to)
    document.status = to
    fields = ["status"]
    if hasattr(document, f"{to}_at"):
        setattr(document, f"{to}_at", timezone.now())
        fields.append(f"{to}_at")
    stamp(document, by=by, reason=reason)
    document.save(update_fields=fields)


def reopen(order: PurchaseOrder, to: str, *, by: str, reason: str) -> None:
    """Put an order back to where it stood before goods came that never did.

    The one way back: the table of moves leads forward alone.
    """
    if order.status == to:
        return
    order.status, order.closed_at = to, None
    stamp(order, by=by, reason=reason)
    order.save(update_fields=["status", "closed_at"])


def refuse_move(document: PurchaseOrder | Transfer, to: str) -> None:
    """Raise NotAllowedNow when the table does not know this move."""
    table = PURCHASE_ORDER_MOVES if isinstance(document, PurchaseOrder) else TRANSFER_MOVES
    if to not in table[document.status]:  # type: ignore[index]
        label = document.get_status_display().lower()
        raise NotAllowedNow(number=document.number, status=label, to=to.replace("_", " "))


def record(document: PurchaseOrder | Transfer, verb: str, *, by: str, **facts: object) -> None:
    """Record that something happened to the document: purchase_order.sent, transfer.shipped."""
    noun = "purchase_order" if isinstance(document, PurchaseOrder) else "transfer"
    events.record(f"{noun}.{verb}", document, by=by, **facts)


def refuse_rate(given: str, location: Location, *, is_stated: bool) -> None:
    """Raise RateMissing when a rate is needed and was not stated."""
    if given != location.cost_currency and not is_stated:
        raise RateMissing(given=given, wanted=location.cost_currency)


def _tree(document: PurchaseOrder | Transfer) -> tuple[str, ...]:
    if isinstance(document, PurchaseOrder):
        return ("supplier", "location")
    return ("source", "destination")
