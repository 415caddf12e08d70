"""What stock is worth at the end of any day, and how it came to be: opening + changes = closing.

Read from cost entries, which carry the balance after them: the value of a level at a moment is its
last entry before it. Each location is valued in its own currency; currencies are never added.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from inventory.enums import MovementKind, TransferStatus
from inventory.models import (
    CostEntry,
    LevelCost,
    Location,
    StockLevel,
    StockMovement,
    TransferLine,
)
from oms.money import ZERO

SHOWN = 50
CHUNK = 2_000
METHODS = ("fifo", "average")
TITLES = (
    "SKU",
    "Product",
    "Location",
    "Currency",
    "Units",
    "FIFO value",
    "FIFO unit cost",
    "Average value",
    "Average unit cost",
    "Last change (UTC)",
)
ON_THE_WAY = (TransferStatus.SHIPPED, TransferStatus.PARTIALLY_RECEIVED)
LANDED = "landed"


@dataclass(frozen=True, slots=True)
class PlaceValue:
    """Value of all stock at one location."""

    location: str
    currency: str
    units: int
    fifo: Decimal
    average: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """How much one kind of change added, or took away, in the period."""

    name: str
    units: int
    fifo: Decimal
    average: Decimal


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the value at the beginning of the month to the value on the day, in one currency."""

    currency: str
    first: date
    opening: Step
    steps: tuple[Step, ...]
    closing: Step
    on_the_way: Step  # left its source, not yet anywhere; as it is now

    @property
    def difference(self) -> Decimal:
        """What does not add up: nothing, or check_ledgers has something to say."""
        return self.closing.fifo - self.opening.fifo - sum((one.fifo for one in self.steps), ZERO)


@dataclass(frozen=True, slots=True)
class LevelValue:
    """Value of a product at one location."""

    product_id: int
    sku: str
    name: str
    location: str
    currency: str
    units: int
    fifo: Decimal
    average: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Valuation:
    """What the page shows."""

    on: date
    places: list[PlaceValue]
    bridges: list[Bridge]
    rows: list[LevelValue]
    unvalued: int  # units on hand whose cost nobody knows
    is_behind: bool  # movements of the last seconds are not valued yet


def valuation(on: date, *, method: str = "fifo", show: int = SHOWN) -> Valuation:
    """Value at the end of a day, local time; the dearest levels first."""
    moment = _end(on)
    first = on.replace(day=1)
    closing, currencies = _by_place(moment), _currencies()
    rows = _entries(moment).order_by(f"-{method}_balance", "pk")
    return Valuation(
        on=on,
        places=sorted(closing, key=lambda one: (one.currency, one.location)),
        bridges=_bridges(first, moment, _by_place(_start(first)), closing),
        rows=[_row(entry, currencies) for entry in rows[:show]],
        unvalued=_unvalued(moment),
        is_behind=is_behind(),
    )


def every_level(on: date) -> Iterator[list[list[Any]]]:
    """The rows of the export in pieces: every level with stock at the end of the day."""
    currencies, last = _currencies(), 0
    entries = _entries(_end(on)).order_by("level_id")
    while rows := list(entries.filter(level__gt=last)[:CHUNK]):
        last = rows[-1].level_id
        yield [_cells(_row(entry, currencies)) for entry in rows]


def level_count(on: date) -> int:
    """How many levels had stock at the end of the day."""
    return _entries(_end(on)).count()


def _entries(moment: datetime) -> QuerySet[CostEntry]:
    """The last entry of each level before a moment, of levels with stock then."""
    last = CostEntry.objects.filter(level=OuterRef("pk"), at__lt=moment).order_by("-at", "-pk")
    levels = StockLevel.objects.annotate(entry=Subquery(last.values("pk")[:1]))
    rows = CostEntry.objects.filter(pk__in=levels.values("entry"), balance__gt=0)
    return rows.select_related("level__product", "level__location")


def _by_place(moment: datetime) -> list[PlaceValue]:
    currencies = _currencies()
    rows = (
        _entries(moment)
        .select_related(None)
        .order_by()
        .values_list("level__location_id", "level__location__code")
        .annotate(units=Sum("balance"), fifo=Sum("fifo_balance"), average=Sum("average_balance"))
    )
    return [
        PlaceValue(code, currencies[pk], units, _exact(fifo), _exact(average))
        for pk, code, units, fifo, average in rows
    ]


def _bridges(
    first: date, moment: datetime, opening: list[PlaceValue], closing: list[PlaceValue]
) -> list[Bridge]:
    steps = _steps(_start(first), moment)
    under_way = _on_the_way()
    found = {one.currency for one in (*opening, *closing)} | steps.keys()
    return [
        Bridge(
            currency,
            first,
            _total("Opening", opening, currency),
            tuple(steps.get(currency, ())),
            _total("Closing", closing, currency),
            under_way.get(currency, Step("On its way", 0, ZERO, ZERO)),
        )
        for currency in sorted(found)
    ]


def _steps(start: datetime, end: datetime) -> dict[str, list[Step]]:
    """What each kind of movement changed, by currency; those that only turn units left out."""
    currencies = _currencies()
    rows = (
        CostEntry.objects.filter(at__gte=start, at__lt=end)
        .order_by()
        .values_list("level__location_id", "movement__kind")
        .annotate(units=Sum("quantity"), fifo=Sum("fifo_value"), average=Sum("average_value"))
    )
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, ZERO, ZERO])
    for location, kind, *amounts in rows:
        key = currencies[location], kind or LANDED
        sums[key] = [have + more for have, more in zip(sums[key], amounts, strict=True)]
    found: dict[str, list[Step]] = defaultdict(list)
    for kind in (*MovementKind.values, LANDED):
        for currency in sorted({currency for currency, _ in sums}):
            units, fifo, average = sums.get((currency, kind), (0, ZERO, ZERO))
            if units or fifo or average:
                found[currency].append(Step(_name(kind), units, _exact(fifo), _exact(average)))
    return found


def _on_the_way() -> dict[str, Step]:
    currencies = _currencies()
    rows = (
        TransferLine.objects.filter(transfer__status__in=ON_THE_WAY)
        .order_by()
        .values_list("transfer__source_id")
        .annotate(
            units=Sum(
                F("shipped") - F("received") - F("damaged") - F("written_off") - F("written_back")
            ),
            fifo=Sum(F("fifo_value") - F("fifo_settled")),
            average=Sum(F("average_value") - F("average_settled")),
        )
    )
    found: dict[str, Step] = {}
    for source, units, fifo, average in rows:
        have = found.get(currencies[source], Step("On its way", 0, ZERO, ZERO))
        found[currencies[source]] = Step(
            have.name,
            have.units + units,
            have.fifo + _exact(fifo),
            have.average + _exact(average),
        )
    return found


def _total(name: str, places: list[PlaceValue], currency: str) -> Step:
    own = [one for one in places if one.currency == currency]
    return Step(
        name,
        sum(one.units for one in own),
        sum((one.fifo for one in own), ZERO),
        sum((one.average for one in own), ZERO),
    )


def _row(entry: CostEntry, currencies: dict[int, str]) -> LevelValue:
    level = entry.level
    return LevelValue(
        level.product_id,
        level.product.sku,
        level.product.name,
        level.location.code,
        currencies[level.location_id],
        entry.balance,
        entry.fifo_balance,
        entry.average_balance,
        entry.at,
    )


def _cells(row: LevelValue) -> list[Any]:
    return [
        row.sku,
        row.name,
        row.location,
        row.currency,
        row.units,
        row.fifo,
        round(row.fifo / row.units, 4),
        row.average,
        round(row.average / row.units, 4),
        row.at,
    ]


def _unvalued(moment: datetime) -> int:
    rows = _entries(moment).select_related(None).filter(average_balance=0).order_by()
    return rows.aggregate(units=Sum("balance"))["units"] or 0


def is_behind() -> bool:
    """Whether movements of the last seconds are not valued yet."""
    newest = StockMovement.objects.aggregate(last=Max("pk"))["last"] or 0
    return newest > (LevelCost.objects.aggregate(last=Max("valued_to"))["last"] or 0)


def _currencies() -> dict[int, str]:
    return {place.pk: place.cost_currency for place in Location.objects.all()}


def _name(kind: str) -> str:
    return "Landed cost" if kind == LANDED else str(MovementKind(kind).label)


def _exact(amount: Decimal) -> Decimal:
    """To four places: SQLite adds decimals as floats."""
    return Decimal(amount).quantize(Decimal("0.0001"))


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _end(day: date) -> datetime:
    return _start(day + timedelta(days=1))
