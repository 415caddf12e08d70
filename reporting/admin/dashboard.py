"""The reports: sales and service over a period, and stock against demand."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from fulfillment.enums import Fault
from oms import words
from reporting import queries
from reporting.admin import links
from reporting.forms import PeriodForm
from reporting.queries.promises import PromisesKept, promises_kept
from reporting.queries.returns import returns_report

PERMISSION = "reporting.view_dailysales"
SORTS = {
    "cover": "Shortest cover",
    "backordered": "Most backordered",
    "demand": "Most ordered",
    "turnover": "Fastest turning",
    "on_hand": "Most on hand",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a row of choices."""

    label: str
    url: str
    is_here: bool


def sales(request: HttpRequest) -> HttpResponse:
    """Sales and service: charts and figures, each with its definition."""
    refuse_strangers(request)
    asked = PeriodForm(request.GET).asked()
    period = queries.Period.latest(asked.days, now=timezone.now())
    report = queries.sales(period, currency=asked.currency, channel=asked.channel)
    context = {
        "title": "Sales and service",
        "report": report,
        "period": period,
        "periods": periods(request, asked.days),
        "channels": _channels(request, asked.channel),
        "channel": asked.channel,
        "currencies": [_currency(request, row, report.currency) for row in report.currencies],
        "figures": [(figure, *_said(figure)) for figure in report.figures],
        "charts": _charts(report),
        "top": [(row, links.row("inventory.product", row.pk)) for row in report.top],
    }
    return page(request, "reporting/sales.html", context)


def stock(request: HttpRequest) -> HttpResponse:
    """Stock against demand, per product."""
    refuse_strangers(request)
    asked = PeriodForm(request.GET).asked()
    period = queries.Period.latest(asked.days, now=timezone.now())
    report = queries.stock_cover(period, sort=asked.sort)
    context = {
        "title": "Stock turnover and cover",
        "report": report,
        "period": period,
        "periods": periods(request, asked.days),
        "sorts": [
            Choice(label, changed(request, sort=sort), sort == asked.sort)
            for sort, label in SORTS.items()
        ],
        "rows": [(row, links.row("inventory.product", row.pk)) for row in report.rows],
    }
    return page(request, "reporting/stock.html", context)


def promises(request: HttpRequest) -> HttpResponse:
    """Promises kept, by week, channel and location, and what is late."""
    refuse_strangers(request)
    asked = PeriodForm(request.GET).asked()
    period = queries.Period.latest(asked.days, now=timezone.now())
    report = promises_kept(period, now=timezone.now(), channel=asked.channel)
    context = {
        "title": "Promises kept",
        "report": report,
        "period": period,
        "periods": periods(request, asked.days),
        "channels": _channels(request, asked.channel),
        "broken": report.total.promised - report.total.first,
        "reasons": sorted(report.reasons.items(), key=lambda row: -row[1]),
        "tables": [
            ("Channel", sorted(report.channels.items())),
            ("Location", sorted(report.locations.items())),
        ],
        "late": [(row, links.row("orders.order", row.pk)) for row in report.late],
        "charts": {"kept": _kept_chart(report)},
    }
    return page(request, "reporting/promises.html", context)


def returns(request: HttpRequest) -> HttpResponse:
    """What comes back, by reason, product and channel."""
    refuse_strangers(request)
    asked = PeriodForm(request.GET).asked()
    period = queries.Period.latest(asked.days, now=timezone.now())
    report = returns_report(period, channel=asked.channel)
    faultless = sum(row.units for row in report.reasons if row.fault == Fault.BUYER.label)
    context = {
        "title": "Returns by reason",
        "report": report,
        "period": period,
        "periods": periods(request, asked.days),
        "channels": _channels(request, asked.channel),
        "at_fault": Decimal(100) * (report.units - faultless) / (report.units or 1),
        "refunds": [words.money(amount, currency) for currency, amount in report.refunds],
        "products": [(row, links.row("inventory.product", row.pk)) for row in report.products],
        "export_url": reverse("admin:reporting_export", args=["fulfillment.return"]),
        "charts": {
            "returns": {
                "labels": [f"{day.day} {day:%b}" for day in report.buckets],
                "stacked": True,
                "unit": "units",
                "sets": [{"label": name, "data": units} for name, units in report.series.items()],
            }
        },
    }
    return page(request, "reporting/returns.html", context)


def _kept_chart(report: PromisesKept) -> dict[str, Any]:
    weeks = sorted(report.buckets.items())
    return {
        "labels": [f"{week.day} {week:%b}" for week, _ in weeks],
        "unit": "%",
        "max": 100,
        "sets": [
            {"label": "First promise kept", "data": [_share(kept.rate) for _, kept in weeks]},
            {"label": "Last promise kept", "data": [_share(kept.last_rate) for _, kept in weeks]},
        ],
    }


def _share(rate: Decimal | None) -> float | None:
    return None if rate is None else round(float(rate), 1)


def refuse_strangers(request: HttpRequest) -> None:
    """Raise PermissionDenied for whoever may not read reports."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A report in the frame of the back office."""
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


def changed(request: HttpRequest, **values: Any) -> str:
    """The query of this page with other values."""
    asked = request.GET.dict() | {name: str(value) for name, value in values.items()}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def periods(request: HttpRequest, days: int) -> list[Choice]:
    """How long a report may look back."""
    return [
        Choice(
            f"{length} days" if length != queries.YEAR else "1 year",
            changed(request, days=length),
            length == days,
        )
        for length in queries.LENGTHS
    ]


def _channels(request: HttpRequest, shown: str) -> list[Choice]:
    names = queries.channels()
    every = Choice("All channels", changed(request, channel=""), not shown)
    return [
        every,
        *(Choice(name, changed(request, channel=code), code == shown) for code, name in names),
    ]


def _currency(request: HttpRequest, row: Any, shown: str) -> dict[str, Any]:
    change = None
    if row.before:
        change = (row.value - row.before) * 100 / row.before
    return {
        "row": row,
        "url": changed(request, currency=row.currency),
        "is_here": row.currency == shown,
        "value": words.money(row.value, row.currency),
        "average": words.money(row.average, row.currency),
        "cancelled": words.money(row.cancelled_value, row.currency) if row.cancelled_value else "",
        "change": f"{change:+.0f} %" if change is not None else "",
    }


def _said(figure: queries.Figure) -> tuple[str, str, str]:
    """Value, change against the period before, and whether the change is good or bad."""
    if figure.value is None:
        return "–", "", ""
    decimals = "" if figure.unit == "%" else " "
    value = f"{figure.value:.1f}{decimals or ' '}{figure.unit}"
    if figure.change is None or abs(figure.change) < Decimal("0.05"):
        return value, "", ""
    unit = "points" if figure.unit == "%" else figure.unit
    better = (figure.change > 0) == figure.higher_is_better
    return value, f"{figure.change:+.1f} {unit}", "good" if better else "bad"


def _charts(report: queries.Sales) -> dict[str, Any]:
    """What static/oms/charts.js draws: bars that start at zero, values that really occurred."""
    labels = [f"{day.day} {day:%b}" for day in report.buckets]
    return {
        "orders": {
            "labels": labels,
            "stacked": True,
            "unit": "orders",
            "sets": [{"label": one.channel, "data": list(one.orders)} for one in report.series],
        },
        "value": {
            "labels": labels,
            "stacked": True,
            "unit": report.currency,
            "sets": [
                {"label": one.channel, "data": [float(amount) for amount in one.value]}
                for one in report.series
            ],
        },
        "on_time": {
            "labels": labels,
            "unit": "%",
            "max": 100,
            "sets": [
                {
                    "label": "Shipped on time",
                    "data": [
                        None if share is None else round(float(share), 1)
                        for share in report.on_time
                    ],
                }
            ],
        },
    }
