"""Looking at what an act on an order would do: the real act, undone.

What is shown is what would happen, and nothing of it is stored. Whoever then decides says what was
seen, and the act is refused when the order has moved on since.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from operator import or_
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, Q
from django.utils.module_loading import import_string

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
    message = (
        "Order {number} has changed meanwhile; look again at what this would do, and decide then."
    )


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
    base: int = 0  # as what the order was seen: by `moments_of`, or its last event
    made: Any = None


def preview(
    order: Order, act: Callable[[], Effect], mark: Callable[[Order], int] | None = None
) -> Preview:
    """What an act would do to an order and to what hangs on it, were it done now.

    Takes the locks of the act for as long as it lasts. A refusal is part of the answer. Documents
    that would be made bear numbers with a `~`, which are not used up. `mark` says as what the order
    was seen: `moments_of` for who decides by `as_seen`.
    """
    base, before = (mark or moments_of)(order), standing(order)

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
def as_seen(
    order: Order,
    act: Callable[[], T],
    *,
    seen: int | None,
    is_repeat: Callable[[], bool] = lambda: False,
) -> T:
    """Do an act on an order that stands as it was seen, by `Preview.base`; none asks for nothing.

    A repeat, which the act gives what there is, may have seen anything. Raises OrderMoved when
    anything happened since to the order or to what hangs on it, and what the act raises.
    """
    if seen is not None:
        locked = pipeline.lock_order(order)
        if seen != moments_of(locked) and not is_repeat():
            raise OrderMoved(number=order.number)
    return act()


def moments_of(order: Order) -> int:
    """How many events there are of the order and of its shipments, returns and other documents."""
    ask = import_string(import_module("oms.wiring").ANSWERS["orders.documents_of"])
    subjects = {"orders.order": [order.pk], **ask(order.pk)}
    wanted = [Q(subject_type=kind, subject_id__in=pks) for kind, pks in subjects.items() if pks]
    return Event.objects.filter(reduce(or_, wanted)).count()


def last_event(order: Order) -> int:
    """The sequence number of the order's last event; 0 before its first."""
    rows = Event.objects.filter(subject_type="orders.order", subject_id=order.pk)
    return rows.aggregate(last=Max("sequence"))["last"] or 0


def _said(told: Told) -> Told:
    """As it would be read: with numbers that are given out only then."""
    return Told(told.event, rehearsing.readable(told.subject), rehearsing.readable(told.body))
