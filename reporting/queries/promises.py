"""Promises kept: of the orders promised for a day, how many had left as a whole by then.

An order counts on the day that it was promised first, in UTC. Its first promise is kept when the
last of its units left by then, its last promise when they left by the date it was told last. What
is late and has not left counts as broken, with the day of the promise that it has now. Orders
without a promise and cancelled ones are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.module_loading import import_string

from fulfillment.models import Shipment
from oms.events import subject_type
from oms.ledgers import Invariant
from oms.models import DeliveryState, Event
from orders.enums import FulfillmentStatus, PromiseReason, Stage
from orders.models import Hold, Order, Promise
from reporting.models import PromiseOutcome
from reporting.queries.periods import Period

SHOWN = 25
CONSUMER = "reporting.consumers.judge_promises"
WAITING = [state for state in DeliveryState if state != DeliveryState.DONE]
REPAIR = "reporting.operations.repair_outcomes"
BATCH = 500
UNCHANGED = "left late, never promised anew"
NOT_LEFT = "Late and not left yet"


@dataclass(slots=True)
class Kept:
    """Promises of one channel, location, reason or bundle of days."""

    promised: int = 0
    first: int = 0  # left by the first promise
    last: int = 0  # left by the last promise

    def add(self, promised: int, first: int, last: int) -> None:
        """Count more of them."""
        self.promised += promised
        self.first += first
        self.last += last

    @property
    def rate(self) -> Decimal | None:
        """Per cent that left by the first promise; none without a promise."""
        return Decimal(100) * self.first / self.promised if self.promised else None

    @property
    def last_rate(self) -> Decimal | None:
        """Per cent that left by the last promise."""
        return Decimal(100) * self.last / self.promised if self.promised else None


@dataclass(frozen=True, slots=True)
class LateOrder:
    """An order whose first promise is broken, or whose present one has passed."""

    pk: int
    number: str
    channel: str
    first_at: datetime | None
    promised_at: datetime
    reason: str


@dataclass(slots=True)
class PromisesKept:
    """The report."""

    total: Kept = field(default_factory=Kept)
    buckets: dict[date, Kept] = field(default_factory=dict)
    channels: dict[str, Kept] = field(default_factory=lambda: defaultdict(Kept))
    locations: dict[str, Kept] = field(default_factory=lambda: defaultdict(Kept))
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    late: list[LateOrder] = field(default_factory=list)


def promises_kept(period: Period, *, now: datetime, channel: str = "") -> PromisesKept:
    """Promises whose day lies in the period and has come, by week, channel, location and reason."""
    report = PromisesKept(buckets={week_of(day): Kept() for day in _days(period)})
    _add_left(report, period, now, channel)
    late = _late(period, now, channel)
    _add_late(report, late)
    report.late = _named(late)
    return report


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def outcomes(order_ids: Iterable[int]) -> list[PromiseOutcome]:
    """What became of the promises of those of these orders that have left as a whole, unsaved."""
    rows = Order.objects.filter(pk__in=set(order_ids), promised_at__isnull=False).annotate(
        due=Sum(F("lines__quantity") - F("lines__cancelled")), gone=Sum("lines__shipped")
    )
    orders = {row.pk: row for row in rows if 0 < row.due <= row.gone}  # type: ignore[attr-defined]
    first = dict(
        Promise.objects.filter(order__in=orders, sequence=1).values_list("order", "promised_at")
    )
    changed = dict(
        Promise.objects.filter(order__in=orders, sequence__gt=1)
        .order_by("sequence")
        .values_list("order", "reason")
    )
    shipments = Shipment.objects.filter(order__in=orders).order_by("shipped_at", "pk")
    left = {row.order_id: row for row in shipments.select_related("fulfillment_order")}
    return [
        _outcome(order, first.get(pk, order.promised_at), left[pk], changed.get(pk, ""))
        for pk, order in orders.items()
        if pk in left
    ]


def orders_of_shipments(shipment_ids: Iterable[int]) -> set[int]:
    """The orders that these shipments belong to."""
    rows = Shipment.objects.filter(pk__in=set(shipment_ids))
    return set(rows.values_list("order_id", flat=True))


def shipped_orders() -> QuerySet[Any]:
    """Keys of all orders that something was shipped of, in key order."""
    rows = Shipment.objects.order_by("order_id").values_list("order_id", flat=True)
    return rows.distinct()


def promise_invariants() -> list[Invariant]:
    """What `check_ledgers` proves of the outcomes."""
    return [
        Invariant(
            "promise.outcomes",
            "What is said of kept promises equals promises, lines and shipments.",
            count=PromiseOutcome.objects.count,
            violations=lambda: (sentence for _, sentence in wrong_outcomes()),
            repair=import_string(REPAIR),
        ),
        Invariant(
            "promise.judged",
            "Of every promised order that has left as a whole it is said whether that was kept.",
            count=_left().count,
            violations=lambda: (f"{order}: left, not judged" for order in unjudged_orders()),
            repair=import_string(REPAIR),
        ),
    ]


def unjudged_orders() -> Iterator[Order]:
    """Promised orders that have left as a whole, of which nothing is said.

    Those whose last shipment reporting has yet to hear of are left out: they will be.
    """
    rows = _left().exclude(pk__in=PromiseOutcome.objects.values("order")).order_by("pk")
    last = 0
    while found := {row.pk: row for row in rows.filter(pk__gt=last)[:BATCH]}:
        last = max(found)
        due = {row.order_id for row in outcomes(found)}
        yield from (found[pk] for pk in sorted(due - _unheard(due)))


def _left() -> QuerySet[Order]:
    return Order.objects.filter(
        promised_at__isnull=False,
        fulfillment_status__in=[
            FulfillmentStatus.SHIPPED,
            FulfillmentStatus.PARTIALLY_RETURNED,
            FulfillmentStatus.RETURNED,
        ],
    )


def _unheard(order_ids: Iterable[int]) -> set[int]:
    """Those of these orders of which the consumer has not taken in all that it hears."""
    shipments = dict(Shipment.objects.filter(order__in=order_ids).values_list("pk", "order_id"))
    heard = Event.objects.filter(
        name="shipment.shipped",
        subject_type=subject_type(Shipment()),
        subject_id__in=shipments,
        deliveries__consumer=CONSUMER,
        deliveries__state=DeliveryState.DONE,
    )
    unheard = shipments.keys() - set(heard.values_list("subject_id", flat=True))
    given_up = Event.objects.filter(
        Q(position=None) | Q(deliveries__consumer=CONSUMER, deliveries__state__in=WAITING),
        name__in=["order.cancelled", "order.units_moved"],
        subject_type="orders.order",
        subject_id__in=order_ids,
    )
    return {shipments[pk] for pk in unheard} | set(given_up.values_list("subject_id", flat=True))


def _outcome(order: Order, first: Any, shipment: Shipment, reason: str) -> PromiseOutcome:
    return PromiseOutcome(
        order_id=order.pk,
        channel_id=order.channel_id,
        location_id=shipment.fulfillment_order.location_id,
        first_at=first,
        last_at=order.promised_at,  # type: ignore[misc]  # only promised ones are asked for
        shipped_at=shipment.shipped_at,
        kept_first=shipment.shipped_at <= first,
        kept_last=order.promised_at is not None and shipment.shipped_at <= order.promised_at,
        reason=reason,
    )


def wrong_outcomes() -> Iterator[tuple[int, str]]:
    """Orders of which something else is said than promises and shipments show, in words."""
    last = 0
    while rows := list(
        PromiseOutcome.objects.filter(pk__gt=last).select_related("order").order_by("pk")[:BATCH]
    ):
        last = rows[-1].pk
        told = {row.order_id: row for row in outcomes(row.order_id for row in rows)}
        for row in rows:
            true = told.get(row.order_id)
            if true and (true.first_at, true.shipped_at) != (row.first_at, row.shipped_at):
                yield row.order_id, f"{row.order}: said {row.first_at}, {row.shipped_at}"


def _days(period: Period) -> Iterable[date]:
    return (period.first + timedelta(days=at) for at in range(period.days))


def _span(period: Period, now: datetime) -> tuple[datetime, datetime]:
    """From the period's first moment to its last one, or to now."""
    end = datetime.combine(period.last, time.max, now.tzinfo)
    return period.start, min(end, now)


def _add_left(report: PromisesKept, period: Period, now: datetime, channel: str) -> None:
    rows = PromiseOutcome.objects.filter(first_at__range=_span(period, now))
    if channel:
        rows = rows.filter(channel__code=channel)
    counts = {
        "promised": Count("pk"),
        "first": Count("pk", filter=Q(kept_first=True)),
        "last": Count("pk", filter=Q(kept_last=True)),
    }
    keys = ("channel__name", "location__name", "reason")
    grouped = rows.annotate(day=TruncDate("first_at")).values_list("day", *keys)
    for day, name, place, reason, promised, first, last in grouped.annotate(**counts).order_by():
        for kept in (
            report.total,
            report.buckets.setdefault(week_of(day), Kept()),
            report.channels[name],
            report.locations[place],
        ):
            kept.add(promised, first, last)
        if promised > first:
            report.reasons[_words(reason)] += promised - first


def _late(period: Period, now: datetime, channel: str) -> QuerySet[Order]:
    start, end = _span(period, now)
    rows = Order.objects.promised_before(end).filter(promised_at__gte=start)
    return rows.filter(channel__code=channel) if channel else rows


def _add_late(report: PromisesKept, late: QuerySet[Order]) -> None:
    grouped = (
        late.order_by().annotate(day=TruncDate("promised_at")).values_list("day", "channel__name")
    )
    for day, name, orders in grouped.annotate(orders=Count("pk")):
        for kept in (
            report.total,
            report.buckets.setdefault(week_of(day), Kept()),
            report.channels[name],
        ):
            kept.add(orders, 0, 0)
        report.reasons[NOT_LEFT] += orders


def _named(late: QuerySet[Order]) -> list[LateOrder]:
    rows = list(late.select_related("channel").order_by("promised_at", "pk")[:SHOWN])
    first = dict(
        Promise.objects.filter(order__in=rows, sequence=1).values_list("order", "promised_at")
    )
    said = dict(
        Promise.objects.filter(order__in=rows, sequence__gt=1)
        .order_by("sequence")
        .values_list("order", "reason")
    )
    held = dict(
        Hold.objects.filter(order__in=rows, lifted_at=None)
        .values_list("order")
        .annotate(Max("reason"))
    )
    return [
        LateOrder(
            row.pk,
            row.number,
            row.channel.code,
            first.get(row.pk),
            row.promised_at,  # type: ignore[arg-type]  # late ones have one
            _why(row, said, held),
        )
        for row in rows
    ]


def _why(order: Order, said: Mapping[int, str], held: Mapping[int, str]) -> str:
    """The nearest thing to a reason: an open hold, a changed promise, where it stands."""
    if order.pk in held:
        return held[order.pk]
    if order.pk in said:
        return _words(said[order.pk])
    return f"Waits in {Stage(order.stage).label.lower()}"


def _words(reason: str) -> str:
    return PromiseReason(reason).label.capitalize() if reason else UNCHANGED.capitalize()
