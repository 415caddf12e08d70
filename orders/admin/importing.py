"""Imports: the page of a file of orders, what was left out of it, and the way back."""

from io import TextIOWrapper
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from oms import events, jobs, words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, actor, runs, to_job
from oms.admin.jobs import progress_of
from oms.errors import DomainError
from oms.models import JobState
from oms.sealed_files import SealedFile
from orders import operations, views
from orders.adapters import tabular
from orders.admin.acts import ORDER_ACTS
from orders.enums import OrderStatus
from orders.models import ImportBatch, Order

ADD = "orders.add_order"
READ = "customers.view_personal_data"
CANCEL = next(act for act in ORDER_ACTS if act.name == "cancel")
FINDINGS_SHOWN = 100


def is_kept(batch: ImportBatch) -> bool:
    """The upload is still there, and nobody reads it now."""
    return bool(batch.upload) and not operations.is_running(batch)


def after_dry_run(batch: ImportBatch) -> bool:
    """Nothing was placed yet."""
    return is_kept(batch) and batch.dry_run


def after_import(batch: ImportBatch) -> bool:
    """It was placed, with rows left out, and not taken back."""
    return is_kept(batch) and not batch.dry_run and batch.undo_id is None  # type: ignore[attr-defined]


def can_be_undone(batch: ImportBatch) -> bool:
    """It placed something, and nothing of it is being read or taken back now."""
    if operations.is_running(batch) or (batch.undo and batch.undo.state in jobs.MOVING):
        return False
    return batch.orders.exclude(order__status=OrderStatus.CANCELLED).exists()


def read_again(request: HttpRequest, batch: ImportBatch, _data: dict[str, Any]) -> str:
    """Place what can be placed."""
    operations.read_again(batch, by=actor(request))
    return f"A worker reads {batch} again; what was placed before is recognised."


def forget(request: HttpRequest, batch: ImportBatch, _data: dict[str, Any]) -> str:
    """Delete the upload."""
    operations.forget_upload(batch, by=actor(request), why="by a person")
    return f"The file of {batch} is deleted."


def undo(request: HttpRequest, batch: ImportBatch, _data: dict[str, Any]) -> HttpResponse:
    """Cancel what it placed, as a run with a result for each order."""
    sent = QueryDict(mutable=True)
    sent.update({"reason": "staff", "note": f"Import {batch} undone"})
    rows = Order.objects.filter(imported__batch=batch)
    job = runs.begin(CANCEL, rows, sent, by=actor(request))
    operations.link_undo(batch, job)
    return to_job(job)


ACTS = (
    Act("place", "Place the orders", ADD, read_again, ConfirmForm, after_dry_run,
        help="Reads the file again and places what it holds, each order as if its channel had sent "
        "it.", icon="play_arrow", variant=ActionVariant.PRIMARY),
    Act("retry", "Try again", ADD, read_again, ConfirmForm, after_import,
        help="Reads the file again, after something was put right here: a SKU, a channel. What was "
        "placed before is recognised.", icon="replay"),
    Act("undo", "Undo this import", CANCEL.permission, undo, ConfirmForm, can_be_undone,
        help="Cancels every order that this file placed and that can still be cancelled; of the "
        "others the result says why not. Buyers are told as of any cancellation.", icon="undo",
        variant=ActionVariant.DANGER),
    Act("forget", "Delete the file", ADD, forget, ConfirmForm, is_kept,
        help="Nobody can mend or read what was left out then. The orders stay.", icon="delete",
        folded=True),
)  # fmt: skip


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Each file of orders with who sent it, what became of it, and its way back."""

    acts = ACTS
    list_empty = "A file of orders that somebody imports, here or by the command, stands here."
    list_display = (
        "number", "channel", "state_column", "placed_column", "known_column", "left_out",
        "by_column", "when_column",
    )  # fmt: skip
    list_filter = ("channel", "form")
    list_select_related = ("channel", "job")
    search_fields = ("number",)
    sortable_by: ClassVar = ()
    change_form_template = "admin/orders/import_batch.html"
    list_before_template = "admin/orders/import_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the way to send a file."""
        context = {"may_add": request.user.has_perm(ADD)}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of orders that each placed."""
        rows = super().get_queryset(request).select_related("channel", "job", "undo")
        return rows.annotate(placed=Count("orders"))

    def get_urls(self) -> list[URLPattern]:
        """The form for a file; the report, and what was left out, as files."""
        wrap = self.admin_site.admin_view
        return [
            path("file/", wrap(views.import_orders), name="orders_import"),
            path("<int:pk>/report/", wrap(self.report_view), name="orders_importbatch_report"),
            path("<int:pk>/failed/", wrap(self.failed_view), name="orders_importbatch_failed"),
            *super().get_urls(),
        ]

    def report_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """What is to be said about any row, by row and order number, without personal data."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = self.get_queryset(request).filter(pk=pk).first()
        if batch is None or batch.job is None or not batch.job.result_file:
            raise Http404
        file = batch.job.result_file.open("rb")
        return FileResponse(file, as_attachment=True, filename=f"{batch}-report.csv")

    def failed_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """The rows to be mended, in the form of the upload. That they were read is recorded."""
        if not (request.user.has_perm(ADD) and request.user.has_perm(READ)):
            raise PermissionDenied
        batch = self.get_queryset(request).filter(pk=pk).first()
        if batch is None or not is_kept(batch) or not batch.left_out:
            raise Http404
        try:
            file = _failed(batch)
        except (DomainError, OSError) as error:
            raise Http404 from error
        with transaction.atomic():
            events.record("import.failed_rows_read", batch, by=actor(request))
        name = f"{batch.number}-to-mend.{batch.form}"
        return FileResponse(file, as_attachment=True, filename=name)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Figures, progress, what was left out, and where the orders are."""
        if (batch := kwargs.get("obj")) is not None:
            may_read = request.user.has_perm(ADD) and request.user.has_perm(READ)
            context |= {"batch": batch, "by": words.names_of([batch.created_by])[batch.created_by]}
            context |= progress_of(batch.job) if batch.job else {}
            context["file_url"] = reverse("admin:orders_importbatch_report", args=[batch.pk])
            context["file_label"] = "Download the report"
            context["kept"] = is_kept(batch)
            context["kept_until"] = batch.created_at + operations.UPLOAD_KEPT
            context["may_mend"] = may_read and is_kept(batch) and batch.left_out
            context["orders_url"] = f"{reverse('admin:orders_order_changelist')}?import={batch}"
            context |= _findings(batch)
            cancelled = batch.orders.filter(order__status=OrderStatus.CANCELLED)
            context["cancelled"] = cancelled.count() if batch.undo else 0
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="State")
    def state_column(self, batch: ImportBatch) -> SafeString:
        """Grey for normal; colour where rows wait for somebody."""
        if operations.is_running(batch):
            return words.chip("Being read", "info")
        if batch.job and batch.job.state in {JobState.FAILED, JobState.STOPPED}:
            return words.chip(batch.job.get_state_display(), "bad")
        if batch.dry_run:
            return words.chip("Dry run")
        return words.chip("Rows left out", "warn") if batch.left_out else words.chip("Done")

    @display(description="Placed")
    def placed_column(self, batch: ImportBatch) -> int:
        """Orders that came out of it."""
        return batch.placed  # type: ignore[attr-defined]

    @display(description="Sent before")
    def known_column(self, batch: ImportBatch) -> int:
        """Orders that were known with the same content."""
        return batch.known

    @display(description="By")
    def by_column(self, batch: ImportBatch) -> str:
        """By name where it was a person."""
        return words.names_of([batch.created_by])[batch.created_by]

    @display(description="When")
    def when_column(self, batch: ImportBatch) -> str:
        """As short as it is clear."""
        return words.moment(batch.created_at)


def _findings(batch: ImportBatch) -> dict[str, Any]:
    """What is to be said about rows, in their order; if not all fit, those that were left out do.

    An order that was left out and that came in since is named with it.
    """
    found = list(enumerate(batch.job.results if batch.job else []))
    shown = sorted(sorted(found, key=lambda row: bool(row[1]["ok"]))[:FINDINGS_SHOWN])
    rows = [{**row, "order": str(row["row"]).partition(": ")[2]} for _, row in shown]
    told = {row["order"] for row in rows if not row["ok"]} - {""}
    orders = Order.objects.filter(channel=batch.channel, external_id__in=told)
    later = orders.filter(created_at__gt=batch.finished_at) if batch.finished_at else orders.none()
    since = {order.external_id: order for order in later}
    for row in rows:
        row["since"] = None if row["ok"] or batch.dry_run else since.get(row["order"])
    left = {row["order"] for row in rows if row["since"]}
    return {"findings": rows, "more": len(found) - len(rows), "since": len(left)}


def _failed(batch: ImportBatch) -> Any:
    assert batch.job is not None  # noqa: S101 (a kept upload was read by a job)
    with batch.job.result_file.open("rb") as report:
        found = tabular.left_out(TextIOWrapper(report, encoding="utf-8-sig", newline=""))
    profile = None if batch.form == "json" else tabular.read_profile(batch.profile)
    return tabular.failed_file(SealedFile(batch.upload), profile, found)
