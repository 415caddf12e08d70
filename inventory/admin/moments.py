"""The time machine's page: one level at a moment, how it went, and the rows that made it so."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from inventory import queries
from inventory.forms import MomentForm
from inventory.models import StockLevel
from oms import navigation, words

SHOWN = 50
DAY = timedelta(days=1)


def page(request: HttpRequest, level: StockLevel) -> HttpResponse:
    """Figures of a level at the moment asked for."""
    form = MomentForm(request.GET)
    at, days = form.moment(), form.span()
    moment = queries.stock_at([level.pk], at)[level.pk]
    context = {
        **admin.site.each_context(request),
        "opts": StockLevel._meta,  # noqa: SLF001 (documented)
        "title": f"{level} on {words.moment(at)}",
        "level": level,
        "form": form,
        "at": at,
        "days": days,
        "moment": moment,
        "is_hourly": days <= queries.HOURLY.days,
        "steps": _steps(level, at, days),
        **_why(level, moment),
        "charts": {"course": _chart(level, at, days)},
    }
    return TemplateResponse(request, "admin/inventory/stocklevel/at.html", context)


def _why(level: StockLevel, moment: queries.Moment) -> dict[str, Any]:
    movements = queries.movements_until(level.pk, moment.at, SHOWN)
    learnt = list(queries.learnt_since(level.pk, moment.at)[:SHOWN])
    rows = [*movements, *learnt]
    names, links = words.names_of(row.actor for row in rows), navigation.links(_documents(rows))
    for row in rows:
        row.who, row.link = names[row.actor], links.get(row.reference, "")  # type: ignore[attr-defined]
    return {
        "movements": movements,
        "learnt": learnt,
        "held": queries.reservations_at(level.pk, moment, SHOWN),
    }


def _documents(rows: list[Any]) -> set[str]:
    return {row.reference for row in rows if row.reference}


def _steps(level: StockLevel, at: datetime, days: int) -> list[tuple[str, str]]:
    """Links to nearby moments."""
    base, now = reverse("admin:inventory_stocklevel_at", args=[level.pk]), timezone.now()
    wanted = [
        ("A month earlier", at - 30 * DAY),
        ("A week earlier", at - 7 * DAY),
        ("A day earlier", at - DAY),
        ("A day later", at + DAY),
        ("A week later", at + 7 * DAY),
    ]
    found = [
        (label, f"{base}?at={moment:%Y-%m-%dT%H:%M:%S}&days={days}")
        for label, moment in wanted
        if moment < now
    ]
    return [*found, ("Now", f"{base}?days={days}")]


def _chart(level: StockLevel, at: datetime, days: int) -> dict[str, Any]:
    """On hand and reserved around the moment; the line marks the moment itself."""
    half = timedelta(days=days) / 2
    end = min(at + half, timezone.now())
    points = queries.course(level.pk, end - timedelta(days=days), end)
    pattern = "%-d %b %H:00" if days <= queries.HOURLY.days else "%-d %b %Y"
    marked = max((n for n, point in enumerate(points) if point.at <= at), default=0)
    return {
        "type": "line",
        "unit": "units",
        "mark": marked,
        "labels": [point.at.strftime(pattern) for point in points],
        "sets": [
            {"label": "On hand", "data": [point.on_hand for point in points]},
            {"label": "Reserved", "data": [point.reserved for point in points]},
        ],
    }
