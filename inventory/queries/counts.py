"""Questions about counts: whose turn it is, what a sheet asks, how right the book is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count as CountOf
from django.db.models import ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Abs, Coalesce, TruncWeek
from django.utils import timezone

from inventory.enums import AbcClass, AbcMeasure, CountLineState, CountStatus, MovementKind
from inventory.models import (
    Count,
    CountEntry,
    CountLine,
    CountPolicy,
    CountSchedule,
    Location,
    StockLevel,
    StockMovement,
)
from oms.money import MoneyField

MOST_DUE = 2_000  # lines that one press of a button puts on sheets
RIGHT = {CountLineState.MATCHED, CountLineState.KEPT}
WANTED = {CountLineState.TO_COUNT, CountLineState.TO_RECOUNT}
ACCURACY_DAYS = 90


@dataclass(frozen=True, slots=True)
class Ranked:
    """A stock level with what was issued from it, and its class."""

    level_id: int
    quantity: int
    value: Decimal
    abc_class: str


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How right the book was at a location in a week: lines counted, lines without a difference."""

    location: str
    week: date
    lines: int
    right: int
    expected: int  # units by the book
    off: int  # units found too many or too few
    value: Decimal  # net difference at cost

    @property
    def percent(self) -> float:
        """Share of lines for which the book was right."""
        return round(self.right * 100 / self.lines, 1)


def policy_of(location: Location) -> CountPolicy:
    """The location's policy, or one with the defaults."""
    found = CountPolicy.objects.filter(location=location).first()
    return found or CountPolicy(location=location)


def rank(location: Location, policy: CountPolicy, now: datetime) -> list[Ranked]:
    """The location's stock levels, most issued first, with classes by the policy's shares.

    A level belongs to A when those before it make up less than the A share of everything issued.
    What was not issued at all is C. Units without a cost count as worth nothing.
    """
    rows = (
        StockMovement.objects.filter(
            level__location=location,
            kind=MovementKind.ISSUED,
            at__gte=now - timedelta(days=policy.window_days),
        )
        .order_by()
        .values_list("level_id")
        .annotate(units=-Sum("quantity"))
    )
    issued = dict(rows)
    costs = StockLevel.objects.filter(location=location).values_list("pk", "product__unit_cost")
    figures = [
        (pk, issued.get(pk, 0), issued.get(pk, 0) * (cost or Decimal(0))) for pk, cost in costs
    ]
    by = 2 if policy.measure == AbcMeasure.VALUE else 1
    figures.sort(key=lambda row: (-row[by], row[0]))
    return _classed(figures, policy, by)


def due(location: Location, day: date) -> QuerySet[CountSchedule]:
    """Levels whose turn has come and which nobody counts, A first, longest overdue first."""
    rows = CountSchedule.objects.filter(location=location, due_on__lte=day)
    return rows.exclude(level__in=CountLine.objects.filter(is_open=True).values("level")).order_by(
        "abc_class", "due_on", "pk"
    )


def sheet(count: Count) -> QuerySet[CountLine]:
    """The lines to be counted in this round, in the order of the sheet."""
    rows = count.lines.filter(state__in=WANTED).select_related("level__product", "lot")
    return rows.order_by("position")


def line_of_code(count: Count, code: str) -> CountLine | None:
    """The line that a scanned code means: a lot or serial number, or an untracked product."""
    if not (code := code.strip()):
        return None
    rows = count.lines.select_related("level__product", "lot").order_by("position")
    by_product = Q(level__product__sku__in={code, code.upper()}) | Q(level__product__barcode=code)
    return rows.filter(Q(lot__code=code) | Q(lot=None) & by_product).first()


def entries_of_round(lines: Sequence[CountLine]) -> dict[int, CountEntry]:
    """What was entered in each line's present round, by line id."""
    rows = CountEntry.objects.filter(line__in=[line.pk for line in lines], round=F("line__round"))
    return {row.line_id: row for row in rows}


def open_counts() -> QuerySet[Count]:
    """Counts in which something is to be counted now."""
    statuses = [CountStatus.PLANNED, CountStatus.COUNTING, CountStatus.RECOUNT]
    return Count.objects.filter(status__in=statuses)


def counts_of(user_id: int, actor: str) -> QuerySet[Count]:
    """Counts that a person may work on now: theirs or nobody's, and no recount of their own."""
    own = CountEntry.objects.filter(
        by=actor, line__state=CountLineState.TO_RECOUNT, round__lt=F("line__round")
    )
    rows = open_counts().filter(Q(assigned_to=user_id) | Q(assigned_to=None))
    return rows.exclude(status=CountStatus.RECOUNT, lines__in=own.values("line"))


def accuracy(since: datetime, locations: Iterable[int] = ()) -> list[Accuracy]:
    """How right the book was, by location and week of posting; weeks without counts are missing."""
    rows = CountLine.objects.filter(count__status=CountStatus.POSTED, count__ended_at__gte=since)
    if chosen := list(locations):
        rows = rows.filter(count__location__in=chosen)
    found_more = F("counted") - F("expected")
    off = Abs(found_more)
    worth = ExpressionWrapper(found_more * F("unit_cost"), MoneyField())
    found = (
        rows.annotate(week=TruncWeek("count__ended_at"))
        .order_by("count__location__code", "week")
        .values_list("count__location__code", "week")
        .annotate(
            lines=CountOf("pk"),
            right=CountOf("pk", filter=Q(state__in=RIGHT)),
            units=Coalesce(Sum("expected"), 0),
            off=Coalesce(Sum(off, filter=~Q(state__in=RIGHT)), 0),
            net=Coalesce(Sum(worth, filter=~Q(state__in=RIGHT)), Decimal(0)),
        )
    )
    return [Accuracy(code, week.date(), *rest) for code, week, *rest in found]


def location_accuracy(location_id: int, *, now: datetime | None = None) -> float | None:
    """Share in per cent of counted lines for which the book was right in the last 90 days.

    None when nothing was counted there.
    """
    since = (now or timezone.now()) - timedelta(days=ACCURACY_DAYS)
    rows = accuracy(since, [location_id])
    lines = sum(row.lines for row in rows)
    return round(sum(row.right for row in rows) * 100 / lines, 1) if lines else None


def _classed(
    figures: Sequence[tuple[int, int, Decimal]], policy: CountPolicy, by: int
) -> list[Ranked]:
    total = Decimal(sum(Decimal(row[by]) for row in figures))
    before, ranked = Decimal(0), []
    for level, quantity, value in figures:
        amount = Decimal(value if by == 2 else quantity)  # noqa: PLR2004 (the value's place)
        ranked.append(Ranked(level, quantity, value, _class(policy, before, amount, total)))
        before += amount
    return ranked


def _class(policy: CountPolicy, before: Decimal, amount: Decimal, total: Decimal) -> str:
    if not amount or before * 100 >= total * policy.b_share:
        return AbcClass.C
    return AbcClass.A if before * 100 < total * policy.a_share else AbcClass.B
