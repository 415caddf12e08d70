"""Time to change one's mind: a cancel that waits, and a release that waits.

Both are holds, so that everything that respects holds respects them. A cancel that a person asks
for is done when the channel's window closes. Until then stock stays reserved, nothing is given up
and nobody is told; that is why taking it back is possible, and why it no longer is afterwards.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from oms.errors import DomainError
from orders.enums import HoldKind
from orders.models import Hold, Order
from orders.operations import cancelling, hold_rows, pipeline

logger = logging.getLogger(__name__)

AT_ONCE = 500


class NotBeingCancelled(DomainError):
    """Nobody asked, somebody took it back, or the window has closed."""

    code = "not_being_cancelled"
    message = "Order {number} is not waiting to be cancelled; it is {status}."


class NoRemorse(DomainError):
    """The window after placing has closed, or was closed by somebody."""

    code = "no_remorse"
    message = "Order {number} does not wait for its buyer's second thoughts."


@transaction.atomic
def ask_cancel(order: Order, *, by: str, reason: str, note: str = "") -> Order:
    """Cancel a whole order when its channel's window closes; at once where there is no window.

    Until then it is on hold and keeps its stock, and `undo_cancel` takes the cancel back. Asked
    again, the first window stands. Raises UnitsReleased and IllegalMove like `cancel`.
    """
    work = pipeline.lock(order, by=by)
    minutes = work.order.channel.undo_minutes
    if not minutes:
        return cancelling.cancel(order, by=by, reason=reason, note=note).order
    if _open(work, HoldKind.CANCELLING):
        return work.order
    cancelling.refuse_cancel(work)

    due = work.now + timedelta(minutes=minutes)
    details = {"reason": reason, "note": note}
    said = f"Will be cancelled at {due:%H:%M} UTC ({reason})"
    hold_rows.begin(
        work, Hold(type_id=HoldKind.CANCELLING, reason=said, due_at=due, details=details)
    )
    return pipeline.settle(work)


@transaction.atomic
def undo_cancel(order: Order, *, by: str, hold: int | None = None) -> Order:
    """Take back a cancel whose window is open; the order goes on.

    `hold` is the id of the hold by which it waits, when that one is meant and no later one. Raises
    NotBeingCancelled.
    """
    work = pipeline.lock(order, by=by)
    found = _open(work, HoldKind.CANCELLING)
    if found is None or hold not in (None, found.pk):
        raise NotBeingCancelled(number=work.order.number, status=work.order.status)

    hold_rows.end(work, found, reason="Cancel taken back")
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


@transaction.atomic
def release_now(order: Order, *, by: str) -> Order:
    """Close the window after placing, on a person's decision; the order goes on. Raises NoRemorse."""
    work = pipeline.lock(order, by=by)
    hold = _open(work, HoldKind.REMORSE)
    if hold is None:
        raise NoRemorse(number=work.order.number)

    hold_rows.end(work, hold, reason="Released before the window closed")
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


def cancel_asked() -> int:
    """Cancel the orders whose windows have closed; how many were.

    Each is a transaction of its own, in the name of whoever asked. One that can no longer be
    cancelled goes on, and its hold says why.
    """
    now, done = timezone.now(), 0
    due = Hold.objects.filter(lifted_at=None, type__code=HoldKind.CANCELLING, due_at__lte=now)
    for hold in list(due.select_related("order").order_by("due_at")[:AT_ONCE]):
        try:
            done += _cancel(hold)
        except Exception:
            logger.exception("cancelling order %s broke", hold.order_id)
    return done


@transaction.atomic
def _cancel(hold: Hold) -> int:
    work = pipeline.lock(hold.order, by=hold.placed_by)
    found = _open(work, HoldKind.CANCELLING)
    if found is None or found.pk != hold.pk:
        return 0  # taken back a moment ago
    try:
        cancelling.refuse_cancel(work)
    except DomainError as error:
        hold_rows.end(work, found, reason=f"Not cancelled: {error.detail}"[:300])
        pipeline.settle(work)
        return 0
    asked = found.details
    cancelling.cancel(work.order, by=work.by, reason=asked["reason"], note=asked["note"])
    return 1


def _open(work: pipeline.Work, kind: HoldKind) -> Hold | None:
    return next((hold for hold in work.holds if hold.kind == kind), None)
