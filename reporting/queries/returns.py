"""Returns by reason, product and channel: what comes back, and why.

Units count on the day (UTC) on which their return was asked for. Returns that were declined,
withdrawn or have expired are left out, and so are units that were announced and never came.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncDate

from fulfillment.enums import Fault, ReturnStatus
from fulfillment.models import Return, ReturnLine
from reporting.models import DailyProduct
from reporting.queries.periods import Period

SHOWN = 25
COUNTED = (
    ReturnStatus.REQUESTED,
    ReturnStatus.APPROVED,
    ReturnStatus.RECEIVED,
    ReturnStatus.CLOSED,
)
UNITS = Sum(F("quantity") - F("given_up"))


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Units of one reason, with their share of all."""

    name: str
    fault: str
    units: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Units of one product that come back, of those that left in the same period."""

    pk: int
    sku: str
    name: str
    units: int
    shipped: int
    reason: str  # the most frequent one

    @property
    def rate(self) -> Decimal | None:
        """Per cent of what left; none where nothing did."""
        return Decimal(100) * self.units / self.shipped if self.shipped else None


@dataclass(slots=True)
class ReturnsReport:
    """The report."""

    units: int = 0
    buckets: list[date] = field(default_factory=list)
    series: dict[str, list[int]] = field(default_factory=dict)  # units per bucket, by reason
    reasons: list[ReasonRow] = field(default_factory=list)
    products: list[ProductRow] = field(default_factory=list)
    channels: list[tuple[str, int]] = field(default_factory=list)
    refunds: list[tuple[str, Decimal]] = field(default_factory=list)  # by currency


def returns_report(period: Period, *, channel: str = "") -> ReturnsReport:
    """Read the report: six statements, however many returns there are."""
    rows = _counted(period, channel)
    by_reason = list(
        rows.values_list("reason__name", "reason__fault")
        .annotate(units=UNITS)
        .order_by("-units", "reason__name")
    )
    report = ReturnsReport(units=sum(row[2] for row in by_reason), buckets=period.buckets())
    report.reasons = [
        ReasonRow(name, str(Fault(fault).label), units, Decimal(100) * units / report.units)
        for name, fault, units in by_reason
        if units
    ]
    report.series = _series(rows, period)
    report.products = _products(rows, period)
    report.channels = list(
        rows.values_list("return_order__order__channel__name")
        .annotate(units=UNITS)
        .order_by("-units")
    )
    report.refunds = list(
        Return.objects.filter(pk__in=rows.values("return_order"))
        .order_by()
        .values_list("order__currency")
        .annotate(sum=Sum(F("credit") - F("fee") - F("charged")))
        .filter(sum__gt=0)
        .order_by("-sum")
    )
    return report


def _counted(period: Period, channel: str) -> QuerySet[ReturnLine]:
    end = period.start + timedelta(days=period.days)
    rows = ReturnLine.objects.filter(
        return_order__status__in=COUNTED,
        return_order__requested_at__gte=period.start,
        return_order__requested_at__lt=end,
        quantity__gt=F("given_up"),
    ).order_by()
    return rows.filter(return_order__order__channel__code=channel) if channel else rows


def _series(rows: QuerySet[ReturnLine], period: Period) -> dict[str, list[int]]:
    at = {bucket: index for index, bucket in enumerate(period.buckets())}
    days = rows.annotate(day=TruncDate("return_order__requested_at", tzinfo=UTC))
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(at))
    for name, day, units in days.values_list("reason__name", "day").annotate(units=UNITS):
        found[name][at[period.bucket(day)]] += units
    return dict(sorted(found.items(), key=lambda row: -sum(row[1])))


def _products(rows: QuerySet[ReturnLine], period: Period) -> list[ProductRow]:
    units: dict[tuple[int, str, str], dict[str, int]] = defaultdict(dict)
    keys = ("order_line__product", "order_line__product__sku", "order_line__product__name")
    known = rows.filter(order_line__product__isnull=False)
    for *product, reason, count in known.values_list(*keys, "reason__name").annotate(units=UNITS):
        units[tuple(product)][reason] = count  # type: ignore[index]
    most = sorted(units.items(), key=lambda row: (-sum(row[1].values()), row[0][1]))[:SHOWN]
    shipped = dict(
        DailyProduct.objects.filter(
            product__in=[key[0] for key, _ in most], day__range=(period.first, period.last)
        )
        .order_by()
        .values_list("product")
        .annotate(units=Sum("shipped"))
    )
    return [
        ProductRow(
            *key,
            units=sum(reasons.values()),
            shipped=shipped.get(key[0], 0),
            reason=max(reasons, key=lambda name: reasons[name]),
        )
        for key, reasons in most
    ]
