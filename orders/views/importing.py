"""Importing a file of orders."""

from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from oms import jobs
from oms.admin import actor
from oms.models import Job
from orders.adapters import tabular
from orders.forms.importing import ImportForm


def import_orders(request: HttpRequest) -> HttpResponse:
    """Take a file of orders; a worker reads it while the job's page shows how far it is."""
    if not request.user.has_perm("orders.add_order"):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None, profiles=_profiles())
    if request.method == "POST" and form.is_valid():
        job = _start(form.cleaned_data, by=actor(request))
        return HttpResponseRedirect(reverse("admin:oms_job_change", args=[job.pk]))
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    context = {**admin.site.each_context(request), "title": "Import orders", "form": form}
    context |= {"columns": _columns(), "media": form.media}
    return TemplateResponse(request, "admin/orders/import.html", context)


def _start(given: dict[str, Any], *, by: str) -> Job:
    """Keep the upload under a name that tells nothing, and have a worker import it."""
    code, dry_run = given["channel"].code, given["dry_run"]
    file = default_storage.save(f"imports/{uuid4().hex}", given["file"])
    params = {"file": file, "channel": code, "profile": given["profile"], "dry_run": dry_run}
    title = f"{'Dry run' if dry_run else 'Import'} into {code}"
    return jobs.start("import", title, params, by=by)


def _profiles() -> list[tuple[str, str]]:
    return [(name, tabular.read_profile(name).title) for name in tabular.profile_names()]


def _columns() -> list[tuple[str, str]]:
    """The headers that the default profile understands, by meaning."""
    columns = tabular.read_profile("default").columns
    return [(meaning, ", ".join(titles)) for meaning, titles in columns.items()]
