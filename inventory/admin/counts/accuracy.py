"""How right the book is: per location, over time."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from inventory.queries.counts import Accuracy, accuracy

WEEKS = 26


def view(request: HttpRequest) -> HttpResponse:
    """The last half year, by week and location."""
    if not request.user.has_perm("inventory.view_count"):
        raise PermissionDenied
    now = timezone.now()
    rows = accuracy(now - timedelta(weeks=WEEKS))
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    context = {
        **admin.site.each_context(request),
        "title": "Count accuracy",
        "weeks": WEEKS,
        "places": _places(rows),
        "charts": {"accuracy": _chart(rows, timezone.localdate(now))},
    }
    return TemplateResponse(request, "admin/inventory/count/accuracy.html", context)


def _places(rows: list[Accuracy]) -> list[dict[str, Any]]:
    by_place: dict[str, list[Accuracy]] = defaultdict(list)
    for row in rows:
        by_place[row.location].append(row)
    return [_place(code, found) for code, found in sorted(by_place.items())]


def _place(code: str, rows: list[Accuracy]) -> dict[str, Any]:
    lines, right = sum(row.lines for row in rows), sum(row.right for row in rows)
    expected, off = sum(row.expected for row in rows), sum(row.off for row in rows)
    return {
        "code": code,
        "lines": lines,
        "right": right,
        "percent": right * 100 / lines,
        "units": max(0.0, 100 - off * 100 / expected) if expected else None,
        "off": off,
        "value": sum((row.value for row in rows), Decimal(0)),
    }


def _chart(rows: list[Accuracy], today: date) -> dict[str, Any]:
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    found = {(row.location, row.week): row.percent for row in rows}
    return {
        "labels": [f"{week.day} {week:%b}" for week in weeks],
        "unit": "%",
        "max": 100,
        "sets": [
            {"label": code, "data": [found.get((code, week)) for week in weeks]}
            for code in sorted({row.location for row in rows})
        ],
    }
