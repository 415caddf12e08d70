"""The reports API: the daily figures, as the back office shows them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, scoped, visible_channels
from oms.asked import refuse_unlisted
from oms.money import plain as money
from oms.wire import Invalid, respond, schema_of
from reporting import queries
from reporting.models import DailySales
from reporting.serializers import ProductCover, SalesDay, SalesReport, StockReport

MOST_DAYS = 366
USUAL_DAYS = 30
MOST_PRODUCTS = 1_000
USUAL_PRODUCTS = 100
FROM = OpenApiParameter("from", date, description="First UTC day; 30 days back if not given.")
TO = OpenApiParameter("to", date, description="Last UTC day, included; today if not given.")


class SalesReportView(APIView):
    """Sales by day, channel and currency."""

    scope = "reports"
    permission_classes: ClassVar = [HasScope]
    queryset = DailySales.objects.all()

    @extend_schema(
        operation_id="reports_sales",
        parameters=[FROM, TO, OpenApiParameter("channel", str, description="A channel's code.")],
        responses={200: schema_of(SalesReport)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer at most 366 days. Orders count on the day they were placed, at their total then."""
        period = _period(request)
        rows = scoped(queries.daily_sales(period), request, "channel__code")
        if channel := request.query_params.get("channel", ""):
            codes = visible_channels(request)
            refuse_unlisted(
                "channel",
                channel,
                [code for code, _ in queries.channels()] if codes is None else codes,
            )
            rows = rows.filter(channel__code=channel)
        days = [
            SalesDay(
                day=row.day,
                channel=row.channel.code,
                currency=row.currency,
                orders=row.orders,
                lines=row.lines,
                units=row.units,
                value=money(row.value, row.currency),
                cancelled_orders=row.cancelled_orders,
                cancelled_value=money(row.cancelled_value, row.currency),
            )
            for row in rows
        ]
        return respond(SalesReport(period.first, period.last, "UTC", days))


class StockReportView(APIView):
    """Stock against demand, by product."""

    scope = "reports"
    permission_classes: ClassVar = [HasScope]
    queryset = DailySales.objects.all()

    @extend_schema(
        operation_id="reports_stock",
        parameters=[
            FROM,
            OpenApiParameter(
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST_PRODUCTS,
                    "default": USUAL_PRODUCTS,
                },
                description="How many products.",
            ),
        ],
        responses={200: schema_of(StockReport)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer products with demand. Stock and demand are shared: a channel's key is refused."""
        if visible_channels(request) is not None:
            raise PermissionDenied("Stock against demand needs a key for all channels.")
        period = _period(request, open_end=False)
        report = queries.stock_cover(period, show=_limit(request))
        rows = [
            ProductCover(
                sku=row.sku,
                on_hand=row.on_hand,
                reserved=row.reserved,
                available=row.available,
                backordered=row.backordered,
                ordered=row.ordered,
                shipped=row.shipped,
                days_of_cover=_quotient(row.cover),
                turns_a_year=_quotient(row.turnover),
            )
            for row in report.rows
        ]
        return respond(StockReport(period.first, period.last, "UTC", rows))


def _period(request: Request, *, open_end: bool = True) -> queries.Period:
    today = queries.Period.latest(1, now=timezone.now()).last
    last = _day(request, "to", today) if open_end else today
    first = _day(request, "from", last - timedelta(days=USUAL_DAYS - 1))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid(f"Ask for 1 to {MOST_DAYS} days.", "/from")
    return queries.Period(first, last)


def _day(request: Request, name: str, usual: date) -> date:
    text = request.query_params.get(name, "")
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("A day is written YYYY-MM-DD.", f"/{name}") from None
    if not date(2000, 1, 1) <= day <= date(2100, 12, 31):
        raise Invalid("The day is out of range.", f"/{name}")
    return day


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL_PRODUCTS))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PRODUCTS):
        raise Invalid(f"A limit is a number from 1 to {MOST_PRODUCTS}.", "/limit")
    return int(text)


def _quotient(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


urlpatterns = [
    path("reports/sales/", SalesReportView.as_view(), name="reports-sales"),
    path("reports/stock/", StockReportView.as_view(), name="reports-stock"),
]
