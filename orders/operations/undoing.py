"""What a person did to an order and takes back; refused where somebody has changed it since.

Each act reads after it has locked, and compares with what the act to be taken back left behind:
whoever came later and decided otherwise is not overruled.
"""

from collections.abc import Iterable

from django.db import transaction

from oms.errors import DomainError
from orders.enums import BY_SYSTEM
from orders.models import Hold, Order
from orders.operations import holds, pipeline, promising, tagging


class ChangedSince(DomainError):
    """Somebody has changed since what is to be taken back."""

    code = "changed_since"
    message = "{what} of order {number} changed since; it stays as it is now."


@transaction.atomic
def set_priority(order: Order, *, by: str, priority: int, reason: str) -> int:
    """Set the priority that decides who gets scarce stock; returns the one it had before."""
    before = pipeline.lock_order(order).priority

    promising.set_priorities({order.pk: priority}, by=by, reason=reason)
    return before


@transaction.atomic
def put_priority_back(order: Order, *, by: str, before: int, after: int, reason: str) -> int:
    """Give an order the priority it had before, while it still has the one that was set.

    Raises ChangedSince.
    """
    if pipeline.lock_order(order).priority != after:
        raise ChangedSince(what="The priority", number=order.number)

    promising.set_priorities({order.pk: before}, by=by, reason=reason)
    return before


@transaction.atomic
def put_tags_back(
    order: Order, *, by: str, added: Iterable[str], removed: Iterable[str], reason: str
) -> Order:
    """Take off tags that were added and add those that were removed, where all still are so.

    Raises ChangedSince.
    """
    tags, added, removed = set(pipeline.lock_order(order).tags), set(added), set(removed)
    if not added <= tags or removed & tags:
        raise ChangedSince(what="A tag", number=order.number)

    return tagging.tag(order, by=by, add=sorted(removed), remove=added, reason=reason)


@transaction.atomic
def hold_again(order: Order, *, by: str, lifted: Iterable[int], reason: str) -> list[Hold]:
    """Place holds again, by their ids, that were lifted too early; returns the new ones.

    What a location began since stays there, and cannot ship. A window to change one's mind is over
    once it was closed. Raises ChangedSince when such a hold
    is open again or when nothing is left to stop.
    """
    work = pipeline.lock(order, by=by)
    rows = Hold.objects.filter(order=order, pk__in=list(lifted)).exclude(type__code__in=BY_SYSTEM)
    wanted = list(rows.order_by("pk"))
    is_open = {(hold.kind, hold.handle) for hold in work.holds}
    if any(hold.lifted_at is None or (hold.kind, hold.handle) in is_open for hold in wanted):
        raise ChangedSince(what="A hold", number=order.number)
    if all(line.shipped >= line.due for line in work.lines):
        raise ChangedSince(what="The delivery", number=order.number)

    return [
        holds.place_hold(
            work.order,
            by=by,
            kind=hold.kind,
            reason=f"{hold.reason} ({reason})"[:300],
            handle=hold.handle,
            owner=hold.owner,
            due_at=hold.due_at,
            details=hold.details,
        )
        for hold in wanted
    ]
