"""The audit trail: one timeline for any record, at one address that every page can link to."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse

from compliance.queries import audit as queries
from oms import events, words
from oms.models import Event

PERMISSION = "oms.view_event"
SOURCES = {"history": "Fields", "event": "Events", "movement": "Stock", "reading": "Readings"}

earlier: Callable[[], list[URLPattern]] = getattr(admin.site, "extra_urls", list)


def pages() -> list[URLPattern]:
    """The trail of one record under two spellings of its address, and the page that finds one."""
    wrap = admin.site.admin_view
    return [
        *earlier(),
        path("audit/", wrap(index), name="compliance_audit"),
        path("audit/<str:label>/<str:ident>/", wrap(record), name="audit"),
        path("audit/<slug:app>/<slug:model>/<str:ident>/", wrap(spelled), name="audit_record"),
    ]


admin.site.extra_urls = pages  # type: ignore[attr-defined]  # unfold's hook for further pages


def index(request: HttpRequest) -> HttpResponse:
    """Find a record by its number, code or SKU; below, what happened last."""
    _check(request)
    asked = request.GET.get("q", "").strip()
    found = [row for row in queries.find_records(asked) if _may_view(request, row)] if asked else []
    if len(found) == 1:
        return redirect(_url(found[0]))
    happened = queries.latest_events()
    context = {
        "title": "Audit trail",
        "asked": asked,
        "found": [(row, row._meta.verbose_name, _url(row)) for row in found],  # noqa: SLF001
        "events": [(event, queries.said_event(event), _event_url(event)) for event in happened],
        "names": words.names_of(event.actor for event in happened),
    }
    return _page(request, "compliance/audit_index.html", context)


def record(request: HttpRequest, label: str, ident: str) -> HttpResponse:
    """The trail of one record, all logs together or one of them."""
    _check(request)
    found = queries.find_record(label.lower(), ident)
    if found is None:
        raise Http404
    if not _may_view(request, found):
        raise PermissionDenied
    entries = queries.trail(found)
    source = request.GET.get("source", "")
    shown = [e for e in entries if e.source == source] if source else queries.folded(entries)
    context = {
        "title": f"Audit trail of {found}",
        "record": found,
        "kind": found._meta.verbose_name,  # noqa: SLF001 (documented)
        "page": _page_of(found),
        "entries": shown,
        "names": words.names_of(entry.by for entry in shown),
        "tabs": _tabs(entries, source),
    }
    return _page(request, "compliance/audit.html", context)


def spelled(request: HttpRequest, app: str, model: str, ident: str) -> HttpResponse:
    """The same trail under /app/model/ident/."""
    return record(request, f"{app}.{model}", ident)


def _tabs(entries: list[queries.Entry], source: str) -> list[dict[str, Any]]:
    counts = {name: sum(entry.source == name for entry in entries) for name in SOURCES}
    every = {"title": "All", "query": "?", "here": not source, "count": len(entries)}
    return [every] + [
        {"title": title, "query": f"?source={name}", "here": source == name, "count": counts[name]}
        for name, title in SOURCES.items()
        if counts[name] or source == name
    ]


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _may_view(request: HttpRequest, row: Model) -> bool:
    label = row._meta.app_label  # noqa: SLF001 (documented)
    return request.user.has_perm(f"{label}.view_{row._meta.model_name}")  # noqa: SLF001


def _url(row: Model) -> str:
    return reverse("admin:audit", args=[events.subject_type(row), row.pk])


def _event_url(event: Event) -> str:
    return reverse("admin:audit", args=[event.subject_type, event.subject_id])


def _page_of(row: Model) -> str:
    """The record's own page, if it has one."""
    try:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"  # noqa: SLF001
        return reverse(name, args=[row.pk])
    except NoReverseMatch:
        return ""


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
