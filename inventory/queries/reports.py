"""What an inventory report means for the book, row by row; nothing is written here.

A report is held against what is known today of its moment (`queries.moments`), in every condition.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import QuerySet

from inventory.enums import COUNTERS, ReportStatus, StockCondition, Tracking
from inventory.models import InventoryReport, Product, Reservation, StockLevel
from inventory.queries.moments import Moment, stock_at

MOST_UNITS = 10_000_000  # of a row; more is a SKU or a barcode in the wrong column
ORDERS_NAMED = 5


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
    `book` is what the book says of the report's moment; `orders` have reserved what is missing.
    """

    row: int
    sku: str
    condition: str
    stated: int
    outcome: str
    book: int = 0
    posted: int = 0
    message: str = ""
    orders: list[str] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Stated less book."""
        return self.stated - self.book

    @property
    def sentence(self) -> str:
        """The message, with the first of the orders that it is about."""
        if not self.orders:
            return self.message
        more = len(self.orders) - ORDERS_NAMED
        named = ", ".join(self.orders[:ORDERS_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"{self.message} Orders: {named}."


@dataclass(frozen=True, slots=True)
class Comparison:
    """The results of a report, and the products that its rows name."""

    results: list[Result]
    products: dict[str, Product]


def compare(report: InventoryReport) -> Comparison:
    """What the rows mean now; locked levels stay as they are read here."""
    stated = rows_of(report)
    products = products_of(stated)
    places = _places(report, products.values())
    if report.complete:
        stated += _unnamed(stated, places.values())
        products |= {place.level.product.sku: place.level.product for place in places.values()}
    first: dict[tuple[str, str], int] = {}
    results = []
    for row in stated:
        said_in = first.setdefault((row.sku, row.condition), row.row)
        product = products.get(row.sku)
        refusal = _refusal(row, product, said_in)
        if refusal or product is None:
            results.append(_result(row, "refused", message=refusal))
        else:
            results.append(_against(row, places.get(product.pk)))
    return Comparison(_with_orders(results, places, products), products)


def preview_report(report: InventoryReport) -> list[Result]:
    """What posting would do now; for a posted report, what it did."""
    if report.status == ReportStatus.POSTED:
        return [Result(**row) for row in report.results]
    return compare(report).results


def rows_of(report: InventoryReport) -> list[Stated]:
    """What is stated in so many words."""
    return [Stated(row, sku, quantity, condition) for row, sku, condition, quantity in report.rows]


def products_of(stated: Iterable[Stated]) -> dict[str, Product]:
    """The products that rows name, by SKU."""
    skus = {row.sku for row in stated}
    return {product.sku: product for product in Product.objects.filter(sku__in=skus)}


def countable_levels(report: InventoryReport) -> QuerySet[StockLevel]:
    """Levels of the report's location that a complete report speaks of: tracked ones are counted."""
    return StockLevel.objects.filter(
        location=report.location_id, product__tracking=Tracking.NONE
    ).select_related("product")


def orders_of_channels(numbers: Collection[str], channels: Collection[str]) -> set[str]:
    """Those of these order numbers that belong to one of these channels."""
    rows = Reservation.objects.filter(
        order_line__order__number__in=numbers, order_line__order__channel__code__in=channels
    )
    return set(rows.values_list("order_line__order__number", flat=True))


@dataclass(frozen=True, slots=True)
class _Place:
    level: StockLevel
    then: Mapping[str, int]  # units by condition, by what is known today of the report's moment

    def free(self, condition: str) -> int:
        """Units that can be taken away now."""
        if condition == StockCondition.AVAILABLE:
            return self.level.on_hand - self.level.reserved
        return getattr(self.level, COUNTERS[StockCondition(condition)])


def _places(report: InventoryReport, products: Iterable[Product]) -> dict[int, _Place]:
    """By product: all that a complete report speaks of, else those that are named."""
    rows = countable_levels(report)
    if not report.complete:
        rows = rows.filter(product__in=[product.pk for product in products])
    levels = {level.pk: level for level in rows}
    moments = stock_at(levels, report.as_of)
    return {level.product_id: _Place(level, _then(moments[pk])) for pk, level in levels.items()}


def _then(moment: Moment) -> dict[str, int]:
    return {
        StockCondition.AVAILABLE.value: moment.corrected,
        StockCondition.QUARANTINED.value: moment.corrected_quarantined,
        StockCondition.DAMAGED.value: moment.corrected_damaged,
    }


def _unnamed(stated: Sequence[Stated], places: Iterable[_Place]) -> list[Stated]:
    """Rows of none for what lay there by the book and is not named.

    A report that names no condition but good stock says nothing about the others of its products.
    """
    named = {(row.sku, row.condition) for row in stated}
    skus = {row.sku for row in stated}
    tells = any(row.condition != StockCondition.AVAILABLE for row in stated)
    return [
        Stated(0, place.level.product.sku, 0, condition)
        for place in sorted(places, key=lambda place: place.level.pk)
        for condition, units in place.then.items()
        if units
        and (place.level.product.sku, condition) not in named
        and (tells or condition == StockCondition.AVAILABLE or place.level.product.sku not in skus)
    ]


def _refusal(row: Stated, product: Product | None, said_in: int) -> str:
    if product is None:
        return f"There is no product {row.sku}."
    if nonsense := _nonsense(row):
        return nonsense
    if said_in != row.row:
        return f"Row {said_in} has said something of it already."
    if product.tracking != Tracking.NONE:
        return f"{row.sku} is kept by {product.get_tracking_display().lower()}; have it counted."
    return ""


def _nonsense(row: Stated) -> str:
    if row.quantity < 0:
        return "The quantity is no whole number of units."
    if row.quantity > MOST_UNITS:
        return f"More than {MOST_UNITS:,} units: the quantity is in another column, or mistyped."
    if row.condition not in COUNTERS:
        return f"{row.condition} is no condition; there are {', '.join(COUNTERS)}."
    return ""


def _against(row: Stated, place: _Place | None) -> Result:
    book = place.then[row.condition] if place else 0
    difference = row.quantity - book
    if not difference:
        return _result(row, "same", book=book)
    posted = max(difference, -max(place.free(row.condition), 0)) if place else difference
    if posted == difference:
        return _result(row, "posted", book=book, posted=posted)
    missing = posted - difference
    message = f"{missing} more are missing that are reserved for orders; re-route those."
    if row.condition != StockCondition.AVAILABLE:
        message = f"{missing} more are missing; they are not {row.condition} any more."
    return _result(row, "short", book=book, posted=posted, message=message)


def _with_orders(
    results: list[Result], places: Mapping[int, _Place], products: Mapping[str, Product]
) -> list[Result]:
    """Rows whose missing units are reserved, with the orders that have them."""
    short = {
        places[products[result.sku].pk].level.pk: at
        for at, result in enumerate(results)
        if result.outcome == "short" and result.condition == StockCondition.AVAILABLE
    }
    if not short:
        return results
    orders: dict[int, dict[str, None]] = defaultdict(dict)
    rows = Reservation.objects.filter(level__in=short, ended_at=None, order_line__isnull=False)
    for level, number in rows.order_by("pk").values_list("level_id", "order_line__order__number"):
        orders[level][number] = None
    told = list(results)
    for level, at in short.items():
        result = results[at]
        missing = result.posted - result.difference
        baskets = f"{missing} more are missing that are kept for baskets."
        message = result.message if orders[level] else baskets
        told[at] = replace(result, orders=list(orders[level]), message=message)
    return told


def _result(
    row: Stated, outcome: str, *, book: int = 0, posted: int = 0, message: str = ""
) -> Result:
    return Result(row.row, row.sku, row.condition, row.quantity, outcome, book, posted, message)
