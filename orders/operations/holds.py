"""Holds: stop an order, and let it go on."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from oms.errors import DomainError
from oms.roles import EVERYTHING
from orders.enums import BY_SYSTEM, HoldKind, LiftedBy
from orders.models import Hold, HoldType, Order
from orders.operations import hold_rows, pipeline
from orders.queries.colleagues import role_named

PEOPLE = ("user", "api-key")  # whose acts a hold type may forbid; rules and consumers were allowed
WAYS: dict[str, str] = {HoldKind.CANCELLING: "Undo cancel", HoldKind.REMORSE: "Release now"}


class HoldNotOpen(DomainError):
    """The hold was lifted already."""

    code = "hold_not_open"
    message = "This hold was lifted by {by}."


class NoOpenHold(DomainError):
    """The order is not on hold."""

    code = "no_open_hold"
    message = "Order {number} has no open hold."


class HeldOtherwise(DomainError):
    """The order has such a hold, whose reason is not the one given."""

    code = "held_otherwise"
    message = "The order has this hold already: {reason}. Another one of its kind needs a handle."


class NothingToHold(DomainError):
    """A finished order has nothing left to stop."""

    code = "nothing_to_hold"
    message = "Order {number} is {status}; there is nothing left to hold."


class UnknownHoldType(DomainError):
    """There is no such type of hold, it is switched off, or only operations place it."""

    code = "unknown_hold_type"
    message = "There is no type of hold {kind} to place; known: {known}."


class EndsByItsOwnAct(DomainError):
    """A window to change one's mind: lifting it is another right, and has a way of its own."""

    code = "ends_by_its_own_act"
    message = "{type} is not lifted; {way} does that."


class NotYoursToLift(DomainError):
    """The type of the hold says who lifts it."""

    code = "not_yours_to_lift"
    message = "{type}: {who} lifts this hold."


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
    """Stop an order from being released and shipped, and from whatever else the hold's type says.

    `handle` tells several holds of one kind apart. Repeating an open hold (same kind and handle)
    gives the existing one. Owner and due time are the type's where they are not given. What a
    location is already working on stays there but cannot ship. Raises UnknownHoldType, and
    NothingToHold for an order that is closed or cancelled.
    """
    work = pipeline.lock(order, by=by)
    for hold in work.holds:
        if (hold.kind, hold.handle) == (kind, handle):
            return hold
    given = _offered(kind)
    if work.order.status not in pipeline.OPEN:
        raise NothingToHold(number=work.order.number, status=work.order.status)

    owner = role_named(owner) if owner else ""
    new = Hold(reason=reason, handle=handle, owner=owner, due_at=due_at, details=details or {})
    new.type = given
    hold = hold_rows.begin(work, new)
    pipeline.settle(work)
    return hold


@transaction.atomic
def ask_hold(order: Order, *, by: str, kind: str, reason: str, **more: Any) -> Hold:
    """`place_hold` for somebody who gives a reason of their own, which must not be lost.

    Raises HeldOtherwise when a hold of this kind and handle is open for another reason.
    """
    hold = place_hold(order, by=by, kind=kind, reason=reason, **more)
    if hold.reason != reason:
        raise HeldOtherwise(reason=hold.reason)
    return hold


@transaction.atomic
def lift_hold(hold: Hold, *, by: str, reason: str) -> Order:
    """End a hold and take the order as far as it now can go.

    Raises HoldNotOpen when somebody else was faster, NotYoursToLift, and EndsByItsOwnAct for a
    window that `undo_cancel` or `release_now` closes.
    """
    work = pipeline.lock(hold.order, by=by)
    hold = Hold.objects.select_related("type").get(pk=hold.pk)
    if hold.lifted_at is not None:
        raise HoldNotOpen(by=hold.lifted_by)
    if hold.kind in WAYS:
        raise EndsByItsOwnAct(type=hold.type.name, way=WAYS[hold.kind])
    refuse_others([hold.type], by)

    hold_rows.end(work, hold, reason=reason)
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


@transaction.atomic
def lift_holds(order: Order, *, by: str, reason: str) -> list[Hold]:
    """End every open hold of an order and take it as far as it now can go; returns the holds.

    Windows to change one's mind go on: `undo_cancel` and `release_now` close them. Raises
    NoOpenHold when somebody else was faster, and NotYoursToLift when that is true of one.
    """
    work = pipeline.lock(order, by=by)
    lifted = [hold for hold in work.holds if hold.kind not in BY_SYSTEM]
    if not lifted:
        raise NoOpenHold(number=work.order.number)
    refuse_others({hold.type for hold in lifted}, by)

    for hold in lifted:
        hold_rows.end(work, hold, reason=reason)
    pipeline.settle(work)
    pipeline.advance(work.order, by=by)
    return lifted


def _offered(kind: str) -> HoldType:
    rows = HoldType.objects.filter(is_active=True).exclude(code__in=BY_SYSTEM)
    found = rows.filter(code=kind).first()
    if found is None:
        known = ", ".join(rows.order_by("code").values_list("code", flat=True))
        raise UnknownHoldType(kind=kind, known=known)
    return found


def refuse_others(types: Iterable[HoldType], by: str) -> None:
    """Raise NotYoursToLift when a person, or a system by its key, may not lift one of these."""
    if by.partition(":")[0] not in PEOPLE:
        return
    for kind in types:
        if kind.lifted_by == LiftedBy.NOBODY:
            raise NotYoursToLift(type=kind.name, who="only its test")
        if kind.lifted_by == LiftedBy.OWNERS and not _belongs(by, kind.owner):
            raise NotYoursToLift(type=kind.name, who=f"only {kind.owner or EVERYTHING}")


def _belongs(by: str, role: str) -> bool:
    who, _, key = by.partition(":")
    people = get_user_model().objects.filter(is_active=True)
    mine = people.filter(pk=key) if who == "user" and key.isdigit() else people.none()
    groups = mine.filter(groups__name__in=[role, EVERYTHING])
    return groups.exists() or mine.filter(is_superuser=True).exists()
