"""The tax report: figures to declare, each one leading to the documents it is made of."""

import csv
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from compliance.enums import DocumentKind
from compliance.models import LegalEntity
from compliance.queries import tax_report as queries
from compliance.queries.tax_report import Period

PERMISSION = "compliance.view_invoice"
SHOWN = 500


def report(request: HttpRequest) -> HttpResponse:
    """Tax by territory, treatment and rate for a period, as a page or as CSV."""
    _check(request)
    period, seller = asked(request), request.GET.get("seller", "")
    rows = queries.tax_rows(period, seller)
    if request.GET.get("format") == "csv":
        return _file(period, rows)
    context = {
        "title": "Tax report",
        "period": period,
        "choices": _choices(period, seller),
        "sellers": LegalEntity.objects.order_by("code").values_list("code", "name"),
        "seller": seller,
        "rows": [(row, _drill_url(period, row)) for row in rows],
        "totals": queries.totals(rows),
        "distance": queries.distance_sales(timezone.now().year),
        "csv": _url("compliance_tax_report", period, seller=seller, format="csv"),
    }
    return _page(request, "admin/compliance/tax_report.html", context)


def drill(request: HttpRequest) -> HttpResponse:
    """The documents behind one figure."""
    _check(request)
    period = asked(request)
    key = {name: request.GET[name] for name in queries.COLUMNS[:7] if name in request.GET}
    documents = [_signed(row) for row in queries.tax_documents(period, _clean(key))[: SHOWN + 1]]
    context = {
        "title": "Documents behind a figure",
        "period": period,
        "key": key,
        "documents": documents[:SHOWN],
        "more": len(documents) > SHOWN,
        "back": _url("compliance_tax_report", period),
    }
    return _page(request, "admin/compliance/tax_documents.html", context)


def asked(request: HttpRequest) -> Period:
    """The period in the address; this quarter where none, or none that makes sense."""
    start, end = (_day(request.GET.get(name, "")) for name in ("from", "to"))
    if start and end and start <= end:
        return Period(start, end)
    return queries.periods(timezone.now().date())["This quarter"]


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _clean(key: dict[str, str]) -> dict[str, str]:
    """A rate that is no number matches nothing instead of failing."""
    rate = key.get("rate", "0")
    return key if rate.replace(".", "", 1).isdigit() else key | {"rate": "-1"}


def _signed(row: dict[str, Any]) -> dict[str, Any]:
    sign = -1 if row["invoice__kind"] == DocumentKind.CREDIT_NOTE else 1
    return row | {
        "net": sign * row["net"],
        "tax": sign * row["tax"],
        "words": DocumentKind(row["invoice__kind"]).label,
        "url": reverse("admin:compliance_invoice_change", args=[row["invoice"]]),
    }


def _choices(period: Period, seller: str) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "url": _url("compliance_tax_report", choice, seller=seller),
            "here": choice == period,
        }
        for title, choice in queries.periods(timezone.now().date()).items()
    ]


def _drill_url(period: Period, row: queries.TaxRow) -> str:
    return _url("compliance_tax_report_documents", period, **row.key())


def _url(name: str, period: Period, **more: str) -> str:
    values = {"from": period.start.isoformat(), "to": period.end.isoformat(), **more}
    shown = {key: value for key, value in values.items() if value or name.endswith("documents")}
    return f"{reverse(f'admin:{name}')}?{urlencode(shown)}"


def _file(period: Period, rows: list[queries.TaxRow]) -> HttpResponse:
    name = f"tax-{period.start}-{period.end}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    csv.writer(response).writerows(queries.file_rows(rows))
    return response


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
