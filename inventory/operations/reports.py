"""Inventory reports of warehouse systems: differences from the book become movements, dated back.

A report says what was there at its moment. It is held against what the book says today about that
moment (`queries.moments`), so that goods which came and went since stay moved, and a correction that
was written meanwhile is not made twice. The differences are counted movements, written now and
effective since then. Units that orders have reserved are not taken away: such a row is posted as
far as stock is free and names the orders, for a person to re-route them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory.enums import COUNTERS, MovementKind, ReportStatus, StockCondition, Tracking
from inventory.models import InventoryReport, Location, Product, Reservation, StockLevel
from inventory.operations import fences
from inventory.operations.stock import Change, levels_of, move
from inventory.queries.moments import stock_at
from oms import events, numbers
from oms.errors import DomainError

MOST_ROWS = 20_000
ORDERS_NAMED = 5


class ReportNotPossible(DomainError):
    """The report as a whole cannot be true, or has no rows, or too many."""

    code = "report_not_possible"
    message = "{reason}"


class ReportReused(DomainError):
    """Another report of this location has that reference."""

    code = "report_reference_reused"
    message = "{location} has already sent {reference}, with other content, as {number}."


class ReportDecided(DomainError):
    """A posted or discarded report is what it is."""

    code = "report_decided"
    message = "Report {number} is {status}."


@dataclass(frozen=True, slots=True)
class Stated:
    """One row of a report: units of a SKU in a condition; `row` is its place in the file."""

    row: int
    sku: str
    quantity: int
    condition: str = StockCondition.AVAILABLE


@dataclass(frozen=True, slots=True)
class Result:
    """What a row means for the book, in units.

    `outcome` is same, posted, short (only `posted` of the difference could be posted) or refused;
    `book` is what the book says of the report's moment.
    """

    row: int
    sku: str
    condition: str
    stated: int
    outcome: str
    book: int = 0
    posted: int = 0
    message: str = ""

    @property
    def difference(self) -> int:
        """Stated less book."""
        return self.stated - self.book


@transaction.atomic
def draft_report(
    location: Location,
    rows: Sequence[Stated],
    *,
    by: str,
    reference: str,
    as_of: datetime | None = None,
    complete: bool = False,
) -> InventoryReport:
    """Keep what a warehouse states; nothing is moved yet.

    With `complete`, products of the location that no row names are stated as none. A repeat of
    the reference gives the report there is. Raises ReportNotPossible and ReportReused.
    """
    if as_of and as_of > timezone.now():
        raise ReportNotPossible(reason="A report cannot say what will be.")
    if not 0 < len(rows) <= MOST_ROWS:
        raise ReportNotPossible(reason=f"A report has 1 to {MOST_ROWS:,} rows.")
    if complete and as_of is None:
        raise ReportNotPossible(reason="A complete report says of which moment it is.")
    if not reference.strip():
        raise ReportNotPossible(reason="A report needs a reference by which a repeat is known.")
    stated = [[row.row, row.sku, row.condition, row.quantity] for row in rows]
    if known := InventoryReport.objects.filter(location=location, reference=reference).first():
        return _repeat(known, stated, complete=complete)
    try:
        with transaction.atomic():
            return InventoryReport.objects.create(
                number=numbers.take("inventory_report")[0],
                location=location,
                reference=reference,
                as_of=as_of or timezone.now(),
                complete=complete,
                rows=stated,
                by=by,
            )
    except IntegrityError:  # the same report, sent twice at once
        known = InventoryReport.objects.get(location=location, reference=reference)
        return _repeat(known, stated, complete=complete)


def preview_report(report: InventoryReport) -> list[Result]:
    """What posting would do now; writes nothing. For a posted report, what it did."""
    if report.status == ReportStatus.POSTED:
        return results_of(report)
    return _compare(report)[0]


@transaction.atomic
def post_report(report: InventoryReport, *, by: str) -> InventoryReport:
    """Write the differences as movements; rows that cannot be are kept with their reason.

    A posted report is given back as it is. Raises ReportDecided when it was discarded,
    and ReportNotPossible for a complete report of which a row is refused.
    """
    report = _lock(report)
    if report.status == ReportStatus.POSTED:
        return report
    _refuse_decided(report)
    known = {product.pk for product in _products(_rows(report)).values()}
    levels = levels_of((pk, report.location_id) for pk in known)
    fences.hold_wide(known, (level.pk for level in levels.values()))
    StockLevel.objects.lock(*(level.pk for level in levels.values()))

    results, changes = _compare(report)
    if report.complete and any(result.outcome == "refused" for result in results):
        raise ReportNotPossible(
            reason="A complete report with rows that are refused is not posted: what such a row means "
            "would count as not there. Mend the rows, or report without complete."
        )
    move(changes, by=by)
    report.results = [asdict(result) for result in results]
    report.status, report.decided_by, report.decided_at = ReportStatus.POSTED, by, timezone.now()
    report.save(update_fields=["results", "status", "decided_by", "decided_at"])
    counted = Counter(result.outcome for result in results)
    events.record(
        "inventory_report.posted",
        report,
        by=by,
        location=report.location.code,
        reference=report.reference,
        as_of=report.as_of.isoformat(),
        **counted,
    )
    return report


@transaction.atomic
def discard_report(report: InventoryReport, *, by: str) -> InventoryReport:
    """Give a draft up; its reference stays taken. Raises ReportDecided."""
    report = _lock(report)
    _refuse_decided(report)
    report.status, report.decided_by = ReportStatus.DISCARDED, by
    report.decided_at = timezone.now()
    report.save(update_fields=["status", "decided_by", "decided_at"])
    return report


def results_of(report: InventoryReport) -> list[Result]:
    """The results that were kept when the report was posted."""
    return [Result(**row) for row in report.results]


# --- Comparing --------------------------------------------------------------------------------


def _compare(report: InventoryReport) -> tuple[list[Result], list[Change]]:
    stated = _rows(report)
    products = _products(stated)
    places = _places(report, products.values())
    results, changes = [], []
    first: dict[tuple[str, str], int] = {}
    for row in stated:
        said_in = first.setdefault((row.sku, row.condition), row.row)
        product = products.get(row.sku)
        refusal = _refusal(row, product, said_in)
        if refusal or product is None:
            results.append(_result(row, "refused", message=refusal))
            continue
        result = _against(row, places.get(product.pk))
        results.append(result)
        if result.posted:
            changes.append(_change(report, product.pk, result))
    return _with_orders(results, places, products), changes


def _refusal(row: Stated, product: Product | None, said_in: int) -> str:
    if product is None:
        return f"There is no product {row.sku}."
    if row.quantity < 0:
        return "The quantity is no whole number of units."
    if row.condition not in COUNTERS:
        return f"{row.condition} is no condition; there are {', '.join(COUNTERS)}."
    if said_in != row.row:
        return f"Row {said_in} has said something of it already."
    if product.tracking != Tracking.NONE:
        return f"{row.sku} is kept by {product.get_tracking_display().lower()}; have it counted."
    return ""


@dataclass(frozen=True, slots=True)
class _Place:
    level: StockLevel
    then: dict[str, int]  # units by condition, by what is known today of the report's moment

    def free(self, condition: str) -> int:
        """Units that can be taken away now."""
        if condition == StockCondition.AVAILABLE:
            return self.level.on_hand - self.level.reserved
        return getattr(self.level, COUNTERS[StockCondition(condition)])


def _places(report: InventoryReport, products: Iterable[Product]) -> dict[int, _Place]:
    rows = StockLevel.objects.filter(
        location=report.location, product__in=[product.pk for product in products]
    )
    levels = {level.pk: level for level in rows}
    found = {}
    for pk, moment in stock_at(levels, report.as_of).items():
        then = {
            StockCondition.AVAILABLE.value: moment.corrected,
            StockCondition.QUARANTINED.value: moment.quarantined,
            StockCondition.DAMAGED.value: moment.damaged,
        }
        found[levels[pk].product_id] = _Place(levels[pk], then)
    return found


def _against(row: Stated, place: _Place | None) -> Result:
    book = place.then[row.condition] if place else 0
    difference = row.quantity - book
    if not difference:
        return _result(row, "same", book=book)
    posted = max(difference, -max(place.free(row.condition), 0)) if place else difference
    outcome = "posted" if posted == difference else "short"
    return _result(row, outcome, book=book, posted=posted)


def _change(report: InventoryReport, product_id: int, result: Result) -> Change:
    return Change(
        product_id,
        report.location_id,
        result.posted,
        MovementKind.COUNTED,
        report.number,
        f"Reported {result.stated}, book {result.book}; {report.reference}"[:200],
        condition=result.condition,
        effective_at=report.as_of,
    )


def _unnamed(report: InventoryReport, stated: Sequence[Stated]) -> list[Stated]:
    """Rows of none for what lies there by the book and is not named; tracked products are left."""
    named = {(row.sku, row.condition) for row in stated}
    rows = StockLevel.objects.filter(location=report.location, product__tracking=Tracking.NONE)
    levels = {row.pk: row.product.sku for row in rows.select_related("product")}
    found = []
    for pk, moment in sorted(stock_at(levels, report.as_of).items()):
        if moment.corrected and (levels[pk], StockCondition.AVAILABLE.value) not in named:
            found.append(Stated(0, levels[pk], 0))
    return found


def _with_orders(
    results: list[Result],
    places: dict[int, _Place],
    products: dict[str, Product],
) -> list[Result]:
    """Rows that could not be posted whole name the orders whose units are missing."""
    short = {
        places[products[result.sku].pk].level.pk: result
        for result in results
        if result.outcome == "short" and result.condition == StockCondition.AVAILABLE
    }
    if not short:
        return results
    orders: dict[int, list[str]] = defaultdict(list)
    rows = Reservation.objects.filter(level__in=short, ended_at=None, order_line__isnull=False)
    for level, number in rows.order_by("pk").values_list("level_id", "order_line__order__number"):
        if number not in orders[level]:
            orders[level].append(number)
    told = {id(result): _missing(result, orders[level]) for level, result in short.items()}
    return [
        _result(result, "short", book=result.book, posted=result.posted, message=told[id(result)])
        if id(result) in told
        else result
        for result in results
    ]


def _missing(result: Result, orders: list[str]) -> str:
    missing = result.posted - result.difference
    named = ", ".join(orders[:ORDERS_NAMED]) or "baskets"
    more = f" and {len(orders) - ORDERS_NAMED} more" if len(orders) > ORDERS_NAMED else ""
    return f"{missing} more are missing that are reserved for {named}{more}; re-route those orders."


def _result(row: Stated | Result, outcome: str, **more: Any) -> Result:
    stated = row.stated if isinstance(row, Result) else row.quantity
    return Result(row.row, row.sku, row.condition, stated, outcome, **more)


# --- Rows -------------------------------------------------------------------------------------


def _rows(report: InventoryReport) -> list[Stated]:
    """What is stated, in so many words or by not being named."""
    stated = [
        Stated(row, sku, quantity, condition) for row, sku, condition, quantity in report.rows
    ]
    return [*stated, *_unnamed(report, stated)] if report.complete else stated


def _products(stated: Iterable[Stated]) -> dict[str, Product]:
    skus = {row.sku for row in stated}
    return {product.sku: product for product in Product.objects.filter(sku__in=skus)}


def _repeat(known: InventoryReport, stated: list[list[Any]], *, complete: bool) -> InventoryReport:
    if known.rows != stated or known.complete != complete:
        raise ReportReused(
            location=known.location.code, reference=known.reference, number=known.number
        )
    return known


def _lock(report: InventoryReport) -> InventoryReport:
    return InventoryReport.objects.select_related("location").lock_one(report.pk)


def _refuse_decided(report: InventoryReport) -> None:
    if report.status != ReportStatus.DRAFT:
        raise ReportDecided(number=report.number, status=report.status)
