"""Holds: stop an order, and let it go on."""

from datetime import datetime
from typing import Any

from django.db import transaction

from oms.errors import DomainError
from orders.models import Hold, Order
from orders.operations import pipeline


class HoldNotOpen(DomainError):
    """The hold was lifted already."""

    code = "hold_not_open"
    message = "This hold was lifted by {by}."


class NoOpenHold(DomainError):
    """The order is not on hold."""

    code = "no_open_hold"
    message = "Order {number} has no open hold."


class NothingToHold(DomainError):
    """A finished order has nothing left to stop."""

    code = "nothing_to_hold"
    message = "Order {number} is {status}; there is nothing left to hold."


@transaction.atomic
def place_hold(  # noqa: PLR0913 (what a hold is)
    order: Order,
    *,
    by: str,
    kind: str,
    reason: str,
    handle: str = "",
    owner: str = "",
    due_at: datetime | None = None,
    details: dict[str, Any] | None = None,
) -> Hold:
    """Stop an order from being allocated, released and shipped until the hold is lifted.

    `handle` tells several holds of one kind apart. Repeating an open hold (same kind and handle)
    gives the existing one. What a location is already working on stays there but cannot ship.
    Raises NothingToHold for an order that is closed or cancelled.
    """
    work = pipeline.lock(order, by=by)
    for hold in work.holds:
        if (hold.kind, hold.handle) == (kind, handle):
            return hold
    if work.order.status not in pipeline.OPEN:
        raise NothingToHold(number=work.order.number, status=work.order.status)

    hold = Hold.objects.create(
        order=work.order,
        kind=kind,
        handle=handle,
        reason=reason,
        details=details or {},
        owner=owner,
        due_at=due_at,
        placed_by=by,
        placed_at=work.now,
    )
    work.reload_holds()
    work.fact("order.held", hold=hold.pk, kind=kind, reason=reason)
    pipeline.settle(work)
    return hold


@transaction.atomic
def lift_hold(hold: Hold, *, by: str, reason: str) -> Order:
    """End a hold and take the order as far as it now can go.

    Raises HoldNotOpen when somebody else was faster.
    """
    work = pipeline.lock(hold.order, by=by)
    hold = Hold.objects.get(pk=hold.pk)
    if hold.lifted_at is not None:
        raise HoldNotOpen(by=hold.lifted_by)

    end(work, hold, reason=reason)
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


@transaction.atomic
def lift_holds(order: Order, *, by: str, reason: str) -> list[Hold]:
    """End every open hold of an order and take it as far as it now can go; returns the holds.

    Raises NoOpenHold when somebody else was faster.
    """
    work = pipeline.lock(order, by=by)
    lifted = list(work.holds)
    if not lifted:
        raise NoOpenHold(number=work.order.number)

    for hold in lifted:
        end(work, hold, reason=reason)
    pipeline.settle(work)
    pipeline.advance(work.order, by=by)
    return lifted


def end(work: pipeline.Work, hold: Hold, *, reason: str) -> None:
    """Mark a hold of a locked order as lifted and remember the event."""
    hold.lifted_by, hold.lifted_at, hold.lift_reason = work.by, work.now, reason
    hold.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    work.reload_holds()
    work.fact("order.hold_lifted", hold=hold.pk, kind=hold.kind, reason=reason)
