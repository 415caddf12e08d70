"""Stock of tracked products by lot and expiry: what it is worth, how old it is, what will not sell.

A lot's units are worth the mean of their product at their location, by FIFO and by moving average:
costs are kept by location, not by lot, so that the lots of a level add up to the level's value.
Everything is as of now; demand and turnover are those of a period.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Min, Q, Sum
from django.utils import timezone

from inventory.enums import MovementKind, StockCondition, Tracking
from inventory.models import LevelCost, Location, LotStock, StockMovement
from oms import words
from oms.money import ZERO
from reporting.models import DailyProduct
from reporting.queries.periods import Period
from reporting.queries.valuation import is_behind

LOT_SORTS = ("expiry", "risk", "value", "age", "units")
WITHIN = (30, 60, 90)  # days until expiry that a reader may ask for
AGES = (30, 60, 90, 180)  # upper bounds of the age groups, in days
YEAR = 365
LOTS_SHOWN = 200
CENT = Decimal("0.01")
LOT_TITLES = (
    "SKU", "Product", "Lot or serial numbers", "Location", "Expires", "Days left", "Held",
    "Age (days)", "Good units", "Other units", "Currency", "FIFO value", "Average value",
    "Left in the period", "Turns a year", "Days of cover", "Will not sell", "Worth of it",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LotRow:
    """Units of a lot at a location; serial numbers with the same dates stand together.

    `apart` are units in quarantine or damaged. `left` are units that went to customers in the
    period less those that came back. `cover` are the days until they have sold, after what expires
    before them; `at_risk` the units that will not have sold by then. None where nothing is known.
    """

    lot: int | None
    code: str
    product: int
    sku: str
    name: str
    location: str
    currency: str
    expires_on: date | None
    days_left: int | None
    held: bool
    age: int
    good: int
    apart: int
    fifo: Decimal
    average: Decimal
    left: int = 0
    turns: Decimal | None = None
    cover: Decimal | None = None
    at_risk: int = 0

    @property
    def units(self) -> int:
        """In whatever condition."""
        return self.good + self.apart

    @property
    def risk(self) -> Decimal:
        """What the units that will not sell are worth, by the average."""
        return self.average * self.at_risk / self.units if self.units else ZERO

    @property
    def expired(self) -> bool:
        """Whether its last day has passed."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the stock: how many units, and what they are worth in each currency."""

    name: str
    units: int
    fifo: dict[str, Decimal]
    average: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class LotsReport:
    """All tracked stock in parts, by age, and row by row."""

    period: Period
    whole: Part
    expired: Part
    soon: Part  # expires within the days that were asked for, and has not yet
    held: Part
    at_risk: Part
    ages: tuple[Part, ...]
    rows: tuple[LotRow, ...]  # those that were asked for
    is_behind: bool  # movements of the last seconds are not valued yet


def lots_report(
    period: Period, *, within: int | None = None, sort: str = "expiry", today: date | None = None
) -> LotsReport:
    """Stock of tracked products by lot; rows that expire `within` so many days, or all of them."""
    rows = _foretold(_rows(today or timezone.localdate(), period), period)
    shown = [
        row
        for row in rows
        if within is None or (row.days_left is not None and row.days_left <= within)
    ]
    limit = within if within is not None else WITHIN[0]
    soon = [row for row in rows if row.days_left is not None and 0 <= row.days_left <= limit]
    return LotsReport(
        period=period,
        whole=_part("All", rows),
        expired=_part("Expired", [row for row in rows if row.expired]),
        soon=_part(f"Expires within {words.count(limit, 'day')}", soon),
        held=_part("Held", [row for row in rows if row.held]),
        at_risk=_risk(rows),
        ages=tuple(_ages(rows)),
        rows=tuple(sorted(shown, key=lambda row: _rank(row, sort))),
        is_behind=is_behind(),
    )


def lot_cells(row: LotRow) -> list[Any]:
    """A row of the file, under `LOT_TITLES`."""
    cover = None if row.cover is None else round(row.cover, 1)
    turns = None if row.turns is None else round(row.turns, 1)
    return [
        row.sku, row.name, row.code, row.location, row.expires_on, row.days_left,
        "yes" if row.held else "", row.age, row.good, row.apart, row.currency,
        row.fifo.quantize(CENT), row.average.quantize(CENT), row.left, turns, cover, row.at_risk,
        row.risk.quantize(CENT),
    ]  # fmt: skip


def _rows(today: date, period: Period) -> list[LotRow]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    costs, moved, since = _costs(), _moved(period), _since()
    places = {place.pk: place for place in Location.objects.all()}
    fields = (
        "lot", "lot__code", "lot__product", "lot__product__sku", "lot__product__name",
        "lot__product__tracking", "lot__expires_on", "lot__held_at", "level", "level__location",
        "condition", "quantity",
    )  # fmt: skip
    for (
        lot, code, product, sku, name, tracking, expires, held, level, place, condition, units
    ) in LotStock.objects.filter(quantity__gt=0).values_list(*fields).order_by("lot"):  # fmt: skip
        serial = tracking == Tracking.SERIAL
        key = (level, expires, held is not None) if serial else (level, lot)
        row = found.setdefault(
            key,
            {"lots": {}, "good": 0, "apart": 0, "left": 0, "net": 0, "met": [], "of": (
                product, sku, name, level, place, expires, held is not None,
            )},
        )  # fmt: skip
        row["good" if condition == StockCondition.AVAILABLE else "apart"] += units
        if lot not in row["lots"]:
            left, net = moved.get((level, lot), (0, 0))
            row["left"], row["net"] = row["left"] + left, row["net"] + net
            row["lots"][lot] = code
            row["met"].append(since.get((level, lot)))
    return [_made(row, costs, places, today, period) for row in found.values()]


def _made(
    row: dict[str, Any],
    costs: dict[int, Any],
    places: dict[int, Location],
    today: date,
    period: Period,
) -> LotRow:
    product, sku, name, level, place, expires, held = row["of"]
    units = row["good"] + row["apart"]
    there, fifo, average = costs.get(level, (0, ZERO, ZERO))
    share = Decimal(units) / there if there else ZERO
    met = [moment for moment in row["met"] if moment]
    lots = row["lots"]
    one = len(lots) == 1
    mean = Decimal(units + units - row["net"]) / 2
    return LotRow(
        lot=next(iter(lots)) if one else None,
        code=next(iter(lots.values())) if one else f"{len(lots)} serial numbers",
        product=product,
        sku=sku,
        name=name,
        location=places[place].code,
        currency=places[place].cost_currency,
        expires_on=expires,
        days_left=None if expires is None else (expires - today).days,
        held=held,
        age=(today - timezone.localdate(min(met))).days if met else 0,
        good=row["good"],
        apart=row["apart"],
        fifo=fifo * share,
        average=average * share,
        left=row["left"],
        turns=Decimal(row["left"] * YEAR) / period.days / mean if mean > 0 else None,
    )


def _costs() -> dict[int, tuple[int, Decimal, Decimal]]:
    rows = LevelCost.objects.exclude(level__product__tracking=Tracking.NONE)
    return {
        level: (units, fifo, average)
        for level, units, fifo, average in rows.values_list(
            "level", "quantity", "fifo_value", "average_value"
        )
    }


def _moved(period: Period) -> dict[tuple[int, int], tuple[int, int]]:
    """Units that left for customers in the period, and the net change of stock, by level and lot."""
    sold = Q(kind__in=(MovementKind.ISSUED, MovementKind.RETURNED), order_line__isnull=False)
    rows = StockMovement.objects.filter(lot__isnull=False, at__gte=period.start)
    sums = rows.order_by().values("level", "lot")
    sums = sums.annotate(net=Sum("quantity"), sold=Sum("quantity", filter=sold))
    return {(row["level"], row["lot"]): (-(row["sold"] or 0), row["net"]) for row in sums}


def _since() -> dict[tuple[int, int], datetime]:
    """When units of a lot first came to a level."""
    rows = StockMovement.objects.filter(lot__stock__quantity__gt=0, quantity__gt=0)
    first = rows.order_by().values_list("level", "lot").annotate(first=Min("at"))
    return {(level, lot): at for level, lot, at in first}


def _foretold(rows: Sequence[LotRow], period: Period) -> list[LotRow]:
    """With how long they last at the demand of the period: what expires first sells first."""
    demand = dict(
        DailyProduct.objects.filter(
            day__range=(period.first, period.last), product__in={row.product for row in rows}
        )
        .values_list("product")
        .annotate(units=Sum("ordered"))
        .order_by()
    )
    done: dict[int, int] = defaultdict(int)  # units that sell before, by product
    found = []
    for row in sorted(rows, key=lambda row: (row.expires_on or date.max, -row.age, row.code)):
        if row.expired or row.held:
            found.append(row)
            continue
        a_day = Decimal(demand.get(row.product, 0)) / period.days
        sells = row.good
        if row.days_left is not None:
            can = int(a_day * (row.days_left + 1)) - done[row.product]
            sells = min(row.good, max(can, 0))
        cover = (done[row.product] + row.good) / a_day if a_day else None
        done[row.product] += sells
        found.append(replace(row, cover=cover, at_risk=row.good - sells))
    return found


def _part(name: str, rows: Iterable[LotRow]) -> Part:
    units, fifo, average = 0, defaultdict(Decimal), defaultdict(Decimal)
    for row in rows:
        units += row.units
        fifo[row.currency] += row.fifo
        average[row.currency] += row.average
    return Part(name, units, dict(fifo), dict(average))


def _risk(rows: Iterable[LotRow]) -> Part:
    units, fifo, average = 0, defaultdict(Decimal), defaultdict(Decimal)
    for row in rows:
        if row.at_risk:
            units += row.at_risk
            fifo[row.currency] += row.fifo * row.at_risk / row.units
            average[row.currency] += row.risk
    return Part("Will not sell", units, dict(fifo), dict(average))


def _ages(rows: Sequence[LotRow]) -> Iterable[Part]:
    lower = 0
    for upper in AGES:
        yield _part(f"{lower}–{upper} days", [row for row in rows if lower <= row.age <= upper])
        lower = upper + 1
    yield _part(f"Over {AGES[-1]} days", [row for row in rows if row.age > AGES[-1]])


def _rank(row: LotRow, sort: str) -> tuple[Any, ...]:
    last = (row.expires_on or date.max, row.sku, row.code)
    if sort == "risk":
        return (-row.risk, -row.at_risk, *last)
    if sort == "value":
        return (-row.average, *last)
    if sort == "age":
        return (-row.age, *last)
    return (-row.units, *last) if sort == "units" else last
