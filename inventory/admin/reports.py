"""Inventory reports: uploaded, looked at, posted."""

from collections import Counter
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from inventory import operations, queries
from inventory.adapters import report_file
from inventory.admin.stock import PlaceFilter
from inventory.enums import ReportStatus
from inventory.forms.reports import InventoryReportForm
from inventory.models import InventoryReport
from oms import words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, actor

MAY = "inventory.post_inventoryreport"
SHOWN = 500
TONES = {"refused": "bad", "short": "warn", "posted": "", "same": ""}
WORDS = {
    "refused": "Refused",
    "short": "In part",
    "posted": "Different",
    "same": "As in the book",
}


def upload(request: HttpRequest, _obj: None, data: dict[str, Any]) -> HttpResponse:
    """Keep it as a draft and show what it would change."""
    (name, content), location = data.pop("file"), data.pop("location")
    data["reference"] = data["reference"] or report_file.known_by(name, content, data["as_of"])
    rows = report_file.read(name, content)
    report = operations.draft_report(location, rows, by=actor(request), **data)
    if report.status != ReportStatus.DRAFT:
        state = report.get_status_display().lower()
        messages.warning(
            request, f"{report} has this reference and is {state}; nothing is posted twice."
        )
    return HttpResponseRedirect(reverse("admin:inventory_inventoryreport_change", args=[report.pk]))


def post(request: HttpRequest, report: InventoryReport, _data: dict[str, Any]) -> str:
    """Move the differences."""
    report = operations.post_report(report, by=actor(request))
    results = queries.preview_report(report)
    left = sum(row.outcome in {"refused", "short"} for row in results)
    moved = sum(abs(row.posted) for row in results)
    more = f" {words.count(left, 'row')} could not be posted whole; they say why." if left else ""
    return f"{report} is posted: {words.count(moved, 'unit')} moved.{more}"


def discard(request: HttpRequest, report: InventoryReport, _data: dict[str, Any]) -> str:
    """Give it up."""
    operations.discard_report(report, by=actor(request))
    return f"{report} is discarded; nothing was moved."


def is_draft(report: InventoryReport) -> bool:
    """Whether nothing is decided."""
    return report.status == ReportStatus.DRAFT


# fmt: off
ACTS = (
    Act("upload", "Upload a report", MAY, upload, InventoryReportForm, on_list=True,
        help="The next page shows what it would change; nothing is moved before you post it.",
        icon="upload_file", variant=ActionVariant.PRIMARY),
    Act("post", "Post differences", MAY, post, ConfirmForm, is_draft,
        help="They become movements that are effective since the moment of the report.",
        icon="done_all", variant=ActionVariant.PRIMARY),
    Act("discard", "Discard", MAY, discard, ConfirmForm, is_draft,
        help="Nothing is moved; the report stays here.", icon="close"),
)
# fmt: on


@admin.register(InventoryReport)
class InventoryReportAdmin(ReadOnlyAdmin):
    """What warehouse systems said they have, and what became of it."""

    list_empty = (
        "Upload a file of what a warehouse has, or let its system send it by the API. Differences "
        "from the book are shown before they are posted."
    )

    acts = ACTS
    list_display = ("number", "place_column", "reference", "as_of_column", "rows_column", "state")
    list_select_related = ("location",)
    list_filter = (PlaceFilter,)
    list_filter_submit = True
    search_fields = ("number__exact", "reference__exact")
    search_help_text = "Number or reference"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/report.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InventoryReport]:
        """Without the rows, which a list does not show."""
        return super().get_queryset(request).defer("rows", "results")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Row by row, what needs somebody first."""
        if (report := kwargs.get("obj")) is not None:
            results = queries.preview_report(report)
            counted = Counter(row.outcome for row in results)
            order = list(TONES)
            shown = sorted(
                (row for row in results if row.outcome != "same"),
                key=lambda row: (order.index(row.outcome), -abs(row.difference), row.row),
            )
            context |= {
                "report": report,
                "tiles": [(WORDS[name], counted[name], TONES[name]) for name in order],
                "results": [(row, WORDS[row.outcome], TONES[row.outcome]) for row in shown[:SHOWN]],
                "more": max(len(shown) - SHOWN, 0),
                "is_draft": is_draft(report),
                "who": words.names_of([report.by])[report.by],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Location")
    def place_column(self, report: InventoryReport) -> str:
        """Whose stock it is."""
        return report.location.name

    @admin.display(description="As of")
    def as_of_column(self, report: InventoryReport) -> str:
        """When it was true."""
        return words.moment(report.as_of)

    @admin.display(description="Rows")
    def rows_column(self, report: InventoryReport) -> int:
        """How many it has."""
        return report.num_rows

    @admin.display(description="State")
    def state(self, report: InventoryReport) -> SafeString:
        """A draft waits for somebody."""
        return words.chip(report.get_status_display(), "warn" if is_draft(report) else "")
