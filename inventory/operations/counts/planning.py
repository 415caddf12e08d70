"""What is to be counted, and when: classes, turns, sheets."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction
from django.utils import timezone

from inventory.enums import (
    AbcClass,
    CountCause,
    CountLineState,
    CountStatus,
    StockCondition,
    Tracking,
)
from inventory.models import (
    Count,
    CountLine,
    CountPolicy,
    CountSchedule,
    Location,
    LotStock,
    StockLevel,
)
from inventory.operations.counts import documents
from inventory.operations.stock import levels_of
from inventory.queries import counts as questions
from oms import events, numbers
from oms.errors import DomainError
from oms.history import stamp

if TYPE_CHECKING:
    from oms.models import User

T = TypeVar("T")

CHUNK = 1_000  # rows a statement


class NothingToCount(DomainError):
    """No product was named, or nothing is due."""

    code = "nothing_to_count"
    message = "There is nothing to count at {location} now."


class BeingCounted(DomainError):
    """A stock level stands on one open count at a time."""

    code = "being_counted"
    message = "{sku} at {location} is on {number} already; finish or cancel that count first."


@transaction.atomic
def plan_count(
    location: Location,
    *,
    by: str,
    products: Iterable[int],
    cause: str = CountCause.REQUESTED,
    due_on: date | None = None,
    reference: str = "",
    note: str = "",
) -> Count:
    """Make a sheet of these products (ids) at a location; stock is untouched until it is posted.

    The tolerance is copied from the location's policy and stays as it was. Raises NothingToCount,
    and BeingCounted when a product stands on another open count there.
    """
    levels = list(levels_of({(product, location.pk) for product in products}).values())
    if not levels:
        raise NothingToCount(location=location.code)
    refuse_counted(location, levels)

    count = _sheet(location, cause, due_on or timezone.localdate(), reference, note)
    stamp(count, by=by)
    count.save()
    add_lines(count, levels)
    facts = {"location": location.code, "lines": len(levels), "cause": cause}
    events.record("count.planned", count, by=by, **facts)
    return count


@transaction.atomic
def plan_due(location: Location, *, by: str, until: date | None = None) -> list[Count]:
    """Make the sheets of everything whose turn has come, A before B before C.

    Each sheet holds as many lines as the policy says; what is being counted is left out. Raises
    NothingToCount.
    """
    day = until or timezone.localdate()
    products = questions.due(location, day).values_list("level__product_id", flat=True)
    size = questions.policy_of(location).lines_per_count
    made = [
        plan_count(
            location,
            by=by,
            products=part,
            cause=CountCause.CYCLE,
            due_on=day,
        )
        for part in _parts(list(products[: questions.MOST_DUE]), size)
    ]
    if not made:
        raise NothingToCount(location=location.code)
    return made


@transaction.atomic
def request_count(
    product_id: int, location_id: int, *, by: str, note: str = "", reference: str = ""
) -> Count:
    """Have a location's stock of a product counted because somebody found it wrong.

    Gives the open count that has the product already, else adds it to a sheet of such requests
    that nobody has begun, else makes one. Never waits for a count that somebody holds, so that it
    may be called while stock is locked. Raises nothing.
    """
    location = Location.objects.get(pk=location_id)
    level = levels_of({(product_id, location_id)})[product_id, location_id]
    if line := level.count_lines.filter(is_open=True).select_related("count").first():
        return line.count
    if count := _unbegun(location):
        add_lines(count, [level])
        events.record("count.line_added", count, by=by, product=product_id, reason=note)
        return count
    return plan_count(
        location,
        by=by,
        products=[product_id],
        cause=CountCause.REJECTED,
        reference=reference,
        note=note,
    )


@transaction.atomic
def assign(count: Count, *, by: str, user: "User | None") -> Count:
    """Say who shall count; none leaves it to whoever comes first. Raises WrongCountStatus."""
    count = documents.lock(count)
    documents.refuse_unless(count, CountStatus.PLANNED, CountStatus.COUNTING, CountStatus.RECOUNT)

    count.assigned_to = user
    stamp(count, by=by, reason="assigned")
    count.save(update_fields=["assigned_to"])
    events.record("count.assigned", count, by=by, user=user.pk if user else None)
    return count


@transaction.atomic
def cancel_count(count: Count, *, by: str, reason: str) -> Count:
    """End a count without posting what is left of it. Raises WrongCountStatus."""
    count = documents.lock(count)

    documents.move(count, CountStatus.CANCELLED, by=by, reason=reason)
    return count


@transaction.atomic
def classify(location: Location, *, by: str, now: datetime | None = None) -> int:
    """Compute the classes of a location's stock anew and set each level's next turn; how many.

    Levels are ranked by what was issued in the policy's window, at cost or in units; A are those
    that make up the first part of the sum, and so on (the Pareto rule of cycle counting). What was
    never counted is spread evenly over its class's period, so that turns do not fall on one day.
    """
    at = now or timezone.now()
    policy = questions.policy_of(location)
    ranked = questions.rank(location, policy, at)
    for part in _parts(ranked, CHUNK):
        _write_schedules(location, policy, part, at)
    events.record("location.classified", location, by=by, levels=len(ranked))
    return len(ranked)


def _parts(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _write_schedules(
    location: Location, policy: CountPolicy, part: Sequence[questions.Ranked], at: datetime
) -> None:
    known = dict(
        CountSchedule.objects.filter(level__in=[row.level_id for row in part]).values_list(
            "level_id", "counted_at"
        )
    )
    CountSchedule.objects.bulk_create(
        [
            CountSchedule(
                level_id=row.level_id,
                location=location,
                abc_class=row.abc_class,
                issued_quantity=row.quantity,
                issued_value=row.value,
                classified_at=at,
                counted_at=known.get(row.level_id),
                due_on=_turn(policy, row, known.get(row.level_id), at),
            )
            for row in part
        ],
        update_conflicts=True,
        unique_fields=["level"],
        update_fields=["abc_class", "issued_quantity", "issued_value", "classified_at", "due_on"],
    )


def _turn(
    policy: CountPolicy, row: questions.Ranked, counted_at: datetime | None, at: datetime
) -> date:
    days = policy.days(row.abc_class)
    if counted_at is not None:
        return counted_at.date() + timedelta(days=days)
    return at.date() + timedelta(days=row.level_id % days)


def refuse_counted(location: Location, levels: Sequence[StockLevel]) -> None:
    """Raise BeingCounted when one of these levels stands on an open count."""
    taken = CountLine.objects.filter(level__in=levels, is_open=True)
    if line := taken.select_related("count", "level__product").order_by("pk").first():
        raise BeingCounted(
            sku=line.level.product.sku, location=location.code, number=line.count.number
        )


def _sheet(location: Location, cause: str, due_on: date, reference: str, note: str) -> Count:
    policy = questions.policy_of(location)
    return Count(
        number=numbers.take("count")[0],
        location=location,
        cause=cause,
        due_on=due_on,
        reference=reference,
        note=note,
        tolerance_units=policy.tolerance_units,
        tolerance_percent=policy.tolerance_percent,
        tolerance_value=policy.tolerance_value,
    )


def _unbegun(location: Location) -> Count | None:
    rows = Count.objects.filter(
        location=location, cause=CountCause.REJECTED, status=CountStatus.PLANNED
    )
    return rows.order_by("-pk").select_for_update(skip_locked=True).first()


def add_lines(count: Count, levels: Sequence[StockLevel]) -> list[CountLine]:
    """Put these levels on a sheet, by SKU."""
    first = count.lines.count() + 1
    lots = _lots_at(levels)
    skus = dict(
        StockLevel.objects.filter(pk__in=[level.pk for level in levels]).values_list(
            "pk", "product__sku"
        )
    )
    ordered = sorted(levels, key=lambda level: skus[level.pk])
    wanted = [(level, lot) for level in ordered for lot in lots.get(level.pk, [None])]
    return CountLine.objects.bulk_create(
        CountLine(
            count=count,
            level=level,
            lot_id=lot,
            position=position,
            state=CountLineState.TO_COUNT,
        )
        for position, (level, lot) in enumerate(wanted, start=first)
    )


def _lots_at(levels: Sequence[StockLevel]) -> dict[int, list[int | None]]:
    """The lots that lie at the levels of tracked products, oldest first."""
    tracked = StockLevel.objects.filter(pk__in=[level.pk for level in levels])
    tracked = tracked.exclude(product__tracking=Tracking.NONE)
    lots: dict[int, list[int | None]] = {pk: [] for pk in tracked.values_list("pk", flat=True)}
    if lots:
        rows = LotStock.objects.filter(level__in=list(lots), quantity__gt=0)
        rows = rows.filter(condition=StockCondition.AVAILABLE).order_by("lot_id")
        for level, lot in rows.values_list("level_id", "lot_id"):
            lots[level].append(lot)
    return lots


def next_turns(count: Count) -> None:
    """Remember that the levels of this count were counted, and when their next turn comes."""
    policy, now = questions.policy_of(count.location), timezone.now()
    for abc_class in AbcClass.values:
        rows = CountSchedule.objects.filter(level__count_lines__count=count, abc_class=abc_class)
        due = timezone.localdate() + timedelta(days=policy.days(abc_class))
        rows.update(counted_at=now, due_on=due)
