"""Importing a file of orders."""

from io import BytesIO
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from oms.admin import actor
from orders import operations
from orders.adapters import tabular
from orders.forms.importing import ImportForm
from orders.models import ImportBatch

DRY_RUN = "import_dry_run"  # what a person chose last
BEGINNING = 1024  # bytes by which the kind of a file is told


def import_orders(request: HttpRequest) -> HttpResponse:
    """Take a file of orders; a worker reads it while the page of the import shows how far it is."""
    if not request.user.has_perm("orders.add_order"):
        raise PermissionDenied
    kept = {"dry_run": request.session.get(DRY_RUN, True)}
    form = ImportForm(
        request.POST or None, request.FILES or None, profiles=_profiles(), initial=kept
    )
    if request.method == "POST" and form.is_valid():
        request.session[DRY_RUN] = form.cleaned_data["dry_run"]
        batch = _start(form.cleaned_data, by=actor(request))
        return HttpResponseRedirect(reverse("admin:orders_importbatch_change", args=[batch.pk]))
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    context = {**admin.site.each_context(request), "title": "Import orders", "form": form}
    context |= {"columns": _columns(), "media": form.media}
    return TemplateResponse(request, "admin/orders/import.html", context)


def _start(given: dict[str, Any], *, by: str) -> ImportBatch:
    """Seal the upload and have a worker import it; what kind of file it is shows in its content."""
    upload = given["file"]
    return operations.begin_import(
        given["channel"],
        upload,
        by=by,
        form=tabular.form_of(Opened(upload)),
        profile=given["profile"],
        dry_run=given["dry_run"],
    )


class Opened:
    """An upload as something that can be looked into without being closed."""

    name = "The upload"

    def __init__(self, upload: UploadedFile) -> None:
        self.upload = upload

    def open(self, _mode: str) -> Any:
        """A copy of its beginning; the upload stays at its beginning too."""
        return self._copy(BEGINNING)

    def _copy(self, most: int | None) -> BytesIO:
        self.upload.seek(0)
        head = BytesIO(self.upload.read(most))
        self.upload.seek(0)
        return head


class OpenedWhole(Opened):
    """An upload that is small enough to be read at once."""

    def open(self, _mode: str) -> Any:
        """A copy of the whole."""
        return self._copy(None)


def _profiles() -> list[tuple[str, str]]:
    return [(name, tabular.read_profile(name).title) for name in tabular.profile_names()]


def _columns() -> list[tuple[str, str, bool]]:
    """The headers that the default profile understands, by meaning, and whether one is needed."""
    columns = tabular.read_profile("default").columns
    rows = [(name, ", ".join(titles), name in tabular.NEEDED) for name, titles in columns.items()]
    return sorted(rows, key=lambda row: not row[2])
