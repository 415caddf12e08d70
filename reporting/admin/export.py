"""Exports: any filtered list as a file, made by a worker while its page shows the progress."""

from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.enums import ActionVariant

from oms import jobs
from oms.admin import ReadOnlyAdmin, actor
from oms.models import Job
from reporting.enums import ExportFormat
from reporting.forms import ExportForm, LedgerForm, PeriodForm
from reporting.queries import exports

COUNT_STOPS_AT = 10_000
LEDGER_DAYS = 31
REPORTS_PERMISSION = "reporting.view_dailysales"
LEDGER_PERMISSION = "orders.view_payment"


def export(request: HttpRequest, label: str) -> HttpResponse:
    """Ask for the form of the file, then have the rows of this filtered list written into it."""
    what, rows = _list(request, label)
    form = ExportForm(request.POST or None, contents=[(one.key, one.label) for one in what])
    if request.method == "POST" and form.is_valid():
        chosen = exports.content(label, form.cleaned_data["content"])
        params = {
            "label": label,
            "query": request.GET.urlencode(),
            "content": chosen.key,
            "form": form.cleaned_data["form"],
            "user": request.user.pk,
        }
        return started(request, f"Export: {chosen.label}", "export", params)
    context = {
        "title": f"Export {_plural(label)}",
        "form": form,
        "count": rows.order_by()[:COUNT_STOPS_AT].count(),
        "is_more": False,
        "filters": _filters(request),
        "contents": what,
        "back": _back(request, label),
    }
    context["is_more"] = context["count"] >= COUNT_STOPS_AT
    return _page(request, "reporting/export.html", context)


def button(request: HttpRequest, page: ReadOnlyAdmin) -> dict[str, Any] | None:
    """The button over a list that exports what the list shows now; none where nothing is agreed."""
    label = page.opts.label_lower
    if label not in exports.CONTENTS or page.has_own_export:
        return None
    query = request.GET.urlencode()
    address = reverse("admin:reporting_export", args=[label])
    return {
        "name": "export",
        "title": "Export",
        "icon": "download",
        "variant": ActionVariant.DEFAULT,
        "path": f"{address}?{query}" if query else address,
        "folded": False,
    }


def ledger(request: HttpRequest) -> HttpResponse:
    """Payments and documents side by side for a period, to reconcile with bank and books."""
    if not request.user.has_perm(LEDGER_PERMISSION):
        raise PermissionDenied
    today = timezone.now().date()
    usual = {"first": today - timedelta(days=LEDGER_DAYS - 1), "last": today}
    form = LedgerForm(request.POST or None, initial=usual)
    if request.method == "POST" and form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        params = {"first": first.isoformat(), "last": last.isoformat()}
        params["form"] = form.cleaned_data["form"]
        return started(request, f"Ledger {_days(first, last)}", "ledger", params)
    context = {"title": "Payments and invoices ledger", "form": form}
    return _page(request, "reporting/ledger.html", context)


def cover(request: HttpRequest) -> HttpResponse:
    """Have stock against demand of every product written into a file."""
    if not request.user.has_perm(REPORTS_PERMISSION):
        raise PermissionDenied
    days = PeriodForm(request.POST).asked().days
    params = {"days": days, "form": ExportFormat.XLSX.value}
    return started(request, f"Stock cover of {days} days", "cover", params)


def _list(request: HttpRequest, label: str) -> tuple[tuple[exports.Content, ...], QuerySet[Any]]:
    try:
        return exports.contents(label), exports.listed(label, request.GET.urlencode(), request.user)
    except exports.NotExportable:
        raise Http404 from None
    except (IncorrectLookupParameters, SuspiciousOperation):
        raise Http404("The list does not know these filters.") from None


def started(request: HttpRequest, title: str, kind: str, params: dict[str, Any]) -> HttpResponse:
    """Start the job, say so, and lead to its page."""
    job = jobs.start(kind, title, params, by=actor(request))
    messages.success(request, f"{title}: started. The file will be on this page.")
    return HttpResponseRedirect(_job_page(job))


def _job_page(job: Job) -> str:
    return reverse("admin:oms_job_change", args=[job.pk])


def _filters(request: HttpRequest) -> list[tuple[str, str]]:
    """The filters in words that a person recognises from the address of the list."""
    said = {"q": "search"}
    return [
        (said.get(name, name.replace("__exact", "").replace("__", " ").replace("_", " ")), value)
        for name, value in request.GET.items()
        if value and name not in {"o", "p", "all", "e"}
    ]


def _back(request: HttpRequest, label: str) -> str:
    options = apps.get_model(label)._meta  # noqa: SLF001 (documented)
    page = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    query = request.GET.urlencode()
    return f"{page}?{query}" if query else page


def _plural(label: str) -> str:
    return str(apps.get_model(label)._meta.verbose_name_plural)  # noqa: SLF001


def _days(first: date, last: date) -> str:
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
