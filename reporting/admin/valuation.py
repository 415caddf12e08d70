"""The valuation of stock: on any day, by either method, with the way from the month's beginning."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from oms import words
from reporting import queries
from reporting.admin import links
from reporting.admin.export import started
from reporting.forms import ValuationFileForm, ValuationForm

PERMISSION = "inventory.view_costentry"


def valuation(request: HttpRequest) -> HttpResponse:
    """What stock was worth at the end of a day."""
    _check(request)
    form = ValuationForm(request.GET or None, initial={"on": timezone.localdate()})
    on, method = form.asked(timezone.localdate())
    report = queries.valuation(on, method=method)
    context = {
        "title": "Stock valuation",
        "form": form,
        "on": on,
        "method": method,
        "report": report,
        "places": [(row, *_said(row, row.currency)) for row in report.places],
        "bridges": [_bridge(row, method) for row in report.bridges],
        "rows": [_row(row, method) for row in report.rows],
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    context |= admin.site.each_context(request)
    context["title"] = "Stock valuation"
    return TemplateResponse(request, "reporting/valuation.html", context)


def export(request: HttpRequest) -> HttpResponse:
    """Have every level's value on a day written into a file."""
    _check(request)
    form = ValuationFileForm(request.POST)
    on = form.day(timezone.localdate())
    params = {"on": on.isoformat(), "form": form.kind()}
    return started(request, f"Stock valuation of {on:%Y-%m-%d}", "valuation", params)


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _said(row: Any, currency: str) -> tuple[str, str]:
    return words.money(row.fifo, currency), words.money(row.average, currency)


def _bridge(row: queries.Bridge, method: str) -> dict[str, Any]:
    def said(step: queries.Step) -> dict[str, Any]:
        amount: Decimal = getattr(step, method)
        return {
            "name": words.sentence_case(step.name),
            "units": f"{step.units:,}",
            "value": words.money(amount, row.currency),
        }

    return {
        "currency": row.currency,
        "first": row.first,
        "opening": said(row.opening),
        "steps": [said(step) for step in row.steps],
        "closing": said(row.closing),
        "on_the_way": said(row.on_the_way) if row.on_the_way.units else None,
        "difference": words.money(row.difference, row.currency)
        if abs(row.difference) >= Decimal("0.01")
        else "",
    }


def _row(row: queries.LevelValue, method: str) -> dict[str, Any]:
    amount: Decimal = getattr(row, method)
    return {
        "row": row,
        "url": links.row("inventory.product", row.product_id),
        "value": words.money(amount, row.currency),
        "unit": words.money(amount / row.units, row.currency),
    }
