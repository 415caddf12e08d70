"""Sales and service over a period, from the daily facts: never from orders, never across currencies."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from oms.money import ZERO
from orders.models import Channel
from reporting.models import DailyProduct, DailySales, DailyShipping
from reporting.queries.periods import Period

TOP = 10
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was sold in one currency."""

    currency: str
    orders: int
    value: Decimal
    cancelled_value: Decimal
    before: Decimal  # value of the period of the same length before

    @property
    def average(self) -> Decimal:
        """Value per order."""
        return self.value / self.orders if self.orders else ZERO


@dataclass(frozen=True, slots=True)
class Series:
    """One channel's figures, one for each bucket of the period."""

    channel: str
    orders: tuple[int, ...]
    value: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with everything that a reader needs to trust it."""

    key: str
    name: str
    value: Decimal | None  # nothing to measure: none
    before: Decimal | None
    unit: str
    parts: str  # the two numbers that it was made of
    definition: str
    caveat: str
    higher_is_better: bool = True

    @property
    def change(self) -> Decimal | None:
        """Against the period before: points for percentages, else the plain difference."""
        if self.value is None or self.before is None:
            return None
        return self.value - self.before


@dataclass(frozen=True, slots=True)
class TopProduct:
    """A product by what was ordered of it."""

    pk: int
    sku: str
    name: str
    ordered: int
    shipped: int
    returned: int


@dataclass(frozen=True, slots=True)
class Sales:
    """Everything that the sales page shows."""

    period: Period
    currency: str  # the one whose value is drawn
    currencies: tuple[Turnover, ...]
    buckets: tuple[date, ...]
    series: tuple[Series, ...]
    figures: tuple[Figure, ...]
    on_time: tuple[Decimal | None, ...]  # per bucket, per cent
    top: tuple[TopProduct, ...]


def sales(period: Period, *, currency: str = "", channel: str = "") -> Sales:
    """Five statements over daily rows, however many orders there are."""
    found = Q(channel__code=channel) if channel else Q()
    currencies = _turnover(period, found)
    shown = currency if currency in {row.currency for row in currencies} else ""
    shown = shown or (currencies[0].currency if currencies else "")
    shipping, on_time = _shipping(period)
    return Sales(
        period=period,
        currency=shown,
        currencies=currencies,
        buckets=tuple(period.buckets()),
        series=_series(period, found, shown),
        figures=_figures(_sums(period, found), shipping),
        on_time=on_time,
        top=_top(period),
    )


def daily_sales(period: Period) -> QuerySet[DailySales]:
    """The rows of a period, oldest first."""
    rows = DailySales.objects.filter(_within(period)).select_related("channel")
    return rows.order_by("day", "channel__code", "currency")


def channels() -> list[tuple[str, str]]:
    """Code and name of every channel."""
    return list(Channel.objects.order_by("name").values_list("code", "name"))


def _turnover(period: Period, found: Q) -> tuple[Turnover, ...]:
    now, before = _within(period), _within(period.before)
    rows = (
        DailySales.objects.filter(found, day__range=(period.before.first, period.last))
        .values_list("currency")
        .annotate(
            orders_=Sum("orders", filter=now, default=0),
            value_=Sum("value", filter=now, default=ZERO),
            cancelled_=Sum("cancelled_value", filter=now, default=ZERO),
            before_=Sum("value", filter=before, default=ZERO),
        )
        .order_by("-orders_", "currency")
    )
    return tuple(Turnover(*row) for row in rows)


def _series(period: Period, found: Q, currency: str) -> tuple[Series, ...]:
    buckets = {bucket: index for index, bucket in enumerate(period.buckets())}
    orders: dict[str, list[int]] = defaultdict(lambda: [0] * len(buckets))
    value: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * len(buckets))
    rows = DailySales.objects.filter(found, _within(period), currency=currency)
    for day, channel, count, amount in rows.values_list("day", "channel__name", "orders", "value"):
        index = buckets[period.bucket(day)]
        orders[channel][index] += count
        value[channel][index] += amount
    by_size = sorted(orders, key=lambda channel: (-sum(orders[channel]), channel))
    return tuple(
        Series(channel, tuple(orders[channel]), tuple(value[channel])) for channel in by_size
    )


def _sums(period: Period, found: Q) -> dict[str, Decimal]:
    columns: tuple[str, ...] = ("orders", "lines", "units", "cancelled_orders")
    columns += ("short_orders", "short_lines", "short_units")
    now, before = _within(period), _within(period.before)
    rows = DailySales.objects.filter(found, day__range=(period.before.first, period.last))
    sums = rows.aggregate(
        **{f"{name}_sum": Sum(name, filter=now, default=0) for name in columns},
        **{f"{name}_before": Sum(name, filter=before, default=0) for name in columns},
    )
    return {name: Decimal(value) for name, value in sums.items()}


def _shipping(period: Period) -> tuple[dict[str, Decimal], tuple[Decimal | None, ...]]:
    columns = ("shipments", "units", "on_time", "promised", "returned_units", "cycle_minutes")
    buckets = {bucket: index for index, bucket in enumerate(period.buckets())}
    kept, promised = [0] * len(buckets), [0] * len(buckets)
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    rows = DailyShipping.objects.filter(day__range=(period.before.first, period.last))
    counted: Any = rows.values("day").annotate(**{f"{name}_": Sum(name) for name in columns})
    for row in counted:
        part = "sum" if row["day"] >= period.first else "before"
        for name in columns:
            sums[f"{name}_{part}"] += row[f"{name}_"]
        if part == "sum":
            index = buckets[period.bucket(row["day"])]
            kept[index] += row["on_time_"]
            promised[index] += row["promised_"]
    share = tuple(_share(Decimal(on), Decimal(of)) for on, of in zip(kept, promised, strict=True))
    return sums, share


def _top(period: Period) -> tuple[TopProduct, ...]:
    rows = (
        DailyProduct.objects.filter(_within(period))
        .values_list("product_id", "product__sku", "product__name")
        .annotate(demand=Sum("ordered"), shipped_=Sum("shipped"), returned_=Sum("returned"))
        .filter(demand__gt=0)
        .order_by("-demand", "product__sku")[:TOP]
    )
    return tuple(TopProduct(*row) for row in rows)


def _within(period: Period) -> Q:
    return Q(day__range=(period.first, period.last))


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return HUNDRED * part / whole if whole else None


def _rest(part: Decimal, whole: Decimal) -> Decimal | None:
    return HUNDRED * (whole - part) / whole if whole else None


def _hours(minutes: Decimal, shipments: Decimal) -> Decimal | None:
    return minutes / 60 / shipments if shipments else None


@dataclass(frozen=True, slots=True)
class Measure:
    """How a figure is made of two sums, and what is said about it."""

    key: str
    name: str
    part: str
    whole: str
    parts: str
    definition: str
    caveat: str
    make: Callable[[Decimal, Decimal], Decimal | None] = _share
    unit: str = "%"
    higher_is_better: bool = True


HELD = "An order on hold is tried for stock when its hold is lifted; until then it is not short."

SALES_MEASURES = (
    Measure(
        "order_fill", "Order fill rate", "short_orders", "orders",
        "{part:,} of {whole:,} orders were short",
        "Orders whose every unit had stock when first tried ÷ orders placed.",
        HELD, _rest,
    ),
    Measure(
        "line_fill", "Line fill rate", "short_lines", "lines",
        "{part:,} of {whole:,} lines were short",
        "Lines whose every unit had stock when first tried ÷ lines ordered.",
        HELD, _rest,
    ),
    Measure(
        "unit_fill", "Unit fill rate", "short_units", "units",
        "{part:,} of {whole:,} units were short",
        "Units that had stock when first tried ÷ units ordered.",
        HELD, _rest,
    ),
    Measure(
        "backorders", "Backorder rate", "short_orders", "orders",
        "{part:,} of {whole:,} orders",
        "Orders with at least one unit that had no stock when first tried ÷ orders placed.",
        HELD, higher_is_better=False,
    ),
    Measure(
        "cancellations", "Cancellation rate", "cancelled_orders", "orders",
        "{part:,} cancelled, {whole:,} placed",
        "Orders cancelled whole in the period ÷ orders placed in the period.",
        "Left out: partly cancelled orders; both sides by their own day.", higher_is_better=False,
    ),
)  # fmt: skip

SHIPPING_MEASURES = (
    Measure(
        "on_time", "Shipped on time", "on_time", "promised",
        "{part:,} of {whole:,} shipments",
        "Shipments that left by their order's promised ship date ÷ shipments with such a date.",
        "Left out: shipments of orders without a promised date.",
    ),
    Measure(
        "cycle", "Cycle time", "cycle_minutes", "shipments",
        "mean of {whole:,} shipments",
        "Hours from placing the order to the shipment's leaving, nights and weekends included.",
        "Left out: orders that have not left yet.", _hours, "h", higher_is_better=False,
    ),
    Measure(
        "returns", "Return rate", "returned_units", "units",
        "{part:,} back, {whole:,} shipped (units)",
        "Units received back in the period ÷ units shipped in the period.",
        "Left out: returns not yet received whole; units may belong to earlier shipments.",
        higher_is_better=False,
    ),
)  # fmt: skip


def _figures(sold: Mapping[str, Decimal], shipped: Mapping[str, Decimal]) -> tuple[Figure, ...]:
    shipping = [_figure(measure, shipped) for measure in SHIPPING_MEASURES]
    return (shipping[0], *(_figure(measure, sold) for measure in SALES_MEASURES), *shipping[1:])


def _figure(measure: Measure, sums: Mapping[str, Decimal]) -> Figure:
    part, whole = sums.get(f"{measure.part}_sum", ZERO), sums.get(f"{measure.whole}_sum", ZERO)
    before = [sums.get(f"{name}_before", ZERO) for name in (measure.part, measure.whole)]
    return Figure(
        key=measure.key,
        name=measure.name,
        value=measure.make(part, whole),
        before=measure.make(*before),
        unit=measure.unit,
        parts=measure.parts.format(part=part, whole=whole),
        definition=measure.definition,
        caveat=measure.caveat,
        higher_is_better=measure.higher_is_better,
    )
