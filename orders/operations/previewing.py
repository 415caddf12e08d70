"""Looking at what an act on an order would do: the real act, undone.

What is shown is what would happen, and nothing of it is stored. Whoever then decides says what was
seen, and the act is refused when the order has moved on since.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max

from oms import rehearsing
from oms.errors import DomainError
from oms.models import Event
from orders.models import Order
from orders.operations import pipeline
from orders.queries.changes import Standing, standing
from orders.queries.notices import Told, told_by

T = TypeVar("T")


class OrderMoved(DomainError):
    """Something happened to the order after it was looked at; look again."""

    code = "order_moved"
    message = "Order {number} has changed meanwhile; look at the change again and confirm it then."


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act came to: other orders that it made or touched, and what it says itself."""

    others: Iterable[Order] = ()
    made: Any = None  # plain values; rows are gone when they are looked at


@dataclass(frozen=True, slots=True)
class Preview:
    """How an order stands, how it would stand, and what forbids it, if anything does."""

    before: Standing
    after: Standing | None
    refusal: DomainError | None = None
    told: tuple[Told, ...] = ()  # what the buyer would read
    others: tuple[tuple[str, Standing], ...] = ()  # orders made, split off or merged, by number
    base: int = 0  # the order's last event when this was looked at
    made: Any = None


def preview(order: Order, act: Callable[[], Effect]) -> Preview:
    """What an act would do to an order and to what hangs on it, were it done now.

    Takes the locks of the act for as long as it lasts. A refusal is part of the answer. Documents
    that would be made bear numbers with a `~`, which are not used up.
    """
    base, before = last_event(order), standing(order)

    def look() -> Preview:
        effect = act()
        others = sorted(effect.others, key=lambda other: other.pk)
        return Preview(
            before,
            standing(order),
            told=tuple(_said(told) for told in told_by(rehearsing.events())),
            others=tuple((other.number, standing(other)) for other in others),
            base=base,
            made=effect.made,
        )

    try:
        return rehearsing.rehearse(look)
    except DomainError as refusal:
        return Preview(before, None, refusal, base=base)


@transaction.atomic
def as_seen(order: Order, act: Callable[[], T], *, seen: int | None) -> T:
    """Do an act on an order that stands as it was seen, by `Preview.base`; none asks for nothing.

    Raises OrderMoved when anything happened to it since, and what the act raises.
    """
    if seen is not None and seen != last_event(pipeline.lock_order(order)):
        raise OrderMoved(number=order.number)
    return act()


def last_event(order: Order) -> int:
    """The sequence number of the order's last event; 0 before its first."""
    rows = Event.objects.filter(subject_type="orders.order", subject_id=order.pk)
    return rows.aggregate(last=Max("sequence"))["last"] or 0


def _said(told: Told) -> Told:
    """As it would be read: with numbers that are given out only then."""
    return Told(told.event, rehearsing.readable(told.subject), rehearsing.readable(told.body))
