"""Locking and moving fulfilment documents: the order first, then the document, then stock."""

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from django.utils import timezone

from fulfillment.enums import CLAIM_MOVES, CLAIM_MOVES_BACK, FULFILLMENT_ORDER_MOVES, RETURN_MOVES
from fulfillment.models import (
    Claim,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Return,
    ReturnLine,
)
from oms import events
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders

if TYPE_CHECKING:
    from orders.models import Order

D = TypeVar("D", FulfillmentOrder, Return, Claim)
Document = FulfillmentOrder | Return | Claim

KINDS = {  # model -> what its events begin with, and its moves
    FulfillmentOrder: ("fulfillment_order", FULFILLMENT_ORDER_MOVES),
    Return: ("return", RETURN_MOVES),
    Claim: ("claim", CLAIM_MOVES),
}

ENDED = {"rejected", "cancelled", "declined", "withdrawn", "expired", "written_off"}


class IllegalMove(DomainError):
    """The document's status does not allow this."""

    code = "illegal_move"
    message = "{number} is {status}; it cannot become {to}."


def lock(document: D) -> D:
    """Lock the order's row, then the document's, and return the document freshly read."""
    order = orders.lock_order(document.order)
    fresh = type(document).objects.lock_one(document.pk)
    fresh.order = order
    return fresh


def move(document: D, to: str, *, by: str, reason: str = "", **facts: object) -> None:
    """Change the status by the table only, stamp its time, record the event.

    Raises IllegalMove.
    """
    refuse_move(document, to)
    now: datetime = timezone.now()
    document.status = to
    fields = ["status", *_stamp_time(document, to, now)]
    stamp(document, by=by, reason=reason)
    document.save(update_fields=fields)
    noun, _ = KINDS[type(document)]
    events.record(f"{noun}.{to}", document, by=by, **about(document.order), **facts)


def move_back(document: Claim, to: str, *, by: str, reason: str) -> None:
    """Give the document the status that it had before what is taken back; nothing new began.

    Without a time and without an event: whoever takes it back tells what. Raises IllegalMove.
    """
    if to not in CLAIM_MOVES_BACK.get(document.status, ()):
        raise IllegalMove(number=document.number, status=document.status, to=to)
    document.status = to
    stamp(document, by=by, reason=reason)
    document.save(update_fields=["status"])


def about(order: "Order") -> dict[str, object]:
    """How fulfilment events name their order: by id for consumers, by number for everybody."""
    return {"order": order.pk, "order_number": order.number}


def refuse_move(document: Document, to: str) -> None:
    """Raise IllegalMove when the table does not know this move."""
    _, table = KINDS[type(document)]
    if to not in table[document.status]:
        raise IllegalMove(number=document.number, status=document.status, to=to)


def lines_of(document: FulfillmentOrder) -> list[FulfillmentOrderLine]:
    """The lines with their order lines, by position."""
    return list(
        document.lines.select_related("order_line__product").order_by("order_line__position")
    )


def return_lines(document: Return) -> dict[int, ReturnLine]:
    """The lines of a locked return with their order lines, by id."""
    rows = document.lines.select_related("order_line__product", "reason").order_by("pk")
    return {line.pk: line for line in rows}


def _stamp_time(document: Document, to: str, now: datetime) -> list[str]:
    name = "ended_at" if to in ENDED else f"{to}_at"
    if not hasattr(document, name):
        return []
    setattr(document, name, now)
    return [name]
