"""Transfers: the board of what goes from where to where, and the page of one."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory.admin import receiving, supply_acts
from inventory.admin.purchase_orders import due, progress
from inventory.admin.stock import PlaceFilter
from inventory.enums import TransferStatus
from inventory.models import Transfer
from oms import words
from oms.admin import ReadOnlyAdmin
from oms.admin.listing import StatusFilter, tabs

TABS = (
    ("requested", "To ship"),
    ("shipped", "On the way"),
    ("partially_received", "Partly received"),
    ("received", "Received"),
    ("cancelled", "Cancelled"),
    ("", "All"),
)


class DestinationFilter(PlaceFilter):
    """Transfers to one location."""

    title = "destination"
    parameter_name = "destination"
    path = "destination"


class SourceFilter(PlaceFilter):
    """Transfers from one location."""

    title = "source"
    parameter_name = "source"
    path = "source"


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The board tells who has to ship and who has to receive."""

    list_empty = (
        "New transfer moves stock between locations: shipped here, received there, "
        "differences explained."
    )

    acts = supply_acts.TRANSFER_ACTS
    list_display = (
        "number_column",
        "route_column",
        "progress_column",
        "status_column",
        "expected_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("source", "destination")
    list_filter = (StatusFilter, SourceFilter, DestinationFilter)
    list_filter_submit = True
    list_before_template = "admin/fulfillment/tabs.html"
    search_fields = ("number__exact", "reference__exact")
    search_help_text = "Number or reference"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/transfer.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the figures of the row."""
        rows = super().get_queryset(request).select_related("source", "destination")
        came = F("lines__received") + F("lines__damaged")
        return rows.annotate(
            units=Sum("lines__quantity"), left=Sum("lines__shipped"), came=Sum(came),
            lost=Sum("lines__written_off"),
        )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """And the page on which units are received."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/receive/",
                wrap(receiving.transfer_view),
                name="inventory_transfer_receive",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The board with its tabs."""
        shown = tabs(request, self.model, TABS, at="destination")
        context = {"title": "Transfers", "view_tabs": shown}
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Where each unit of it is."""
        if (transfer := kwargs.get("obj")) is not None:
            lines = list(transfer.lines.select_related("product").order_by("pk"))
            receipts = transfer.receipts.order_by("-pk").annotate(
                good=Sum("lines__good"), damaged=Sum("lines__damaged")
            )
            names = words.names_of(row.received_by for row in receipts)
            context |= {
                "transfer": transfer,
                "line_rows": lines,
                "receipts": [(row, names[row.received_by]) for row in receipts],
                "in_transit": sum(line.in_transit for line in lines),
                "late": transfer.is_late(timezone.localdate()),
                "may_receive": transfer.is_on_the_way and request.user.has_perm(receiving.BRING),
                "title": transfer.number,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Transfer")
    def number_column(self, transfer: Transfer) -> SafeString:
        """Its number, and how old it is."""
        number = format_html('<b class="oms-strong">{}</b>', transfer.number)
        return words.two_lines(number, f"{words.age(transfer.requested_at)} ago")

    @admin.display(description="Route")
    def route_column(self, transfer: Transfer) -> SafeString:
        """From where to where."""
        return words.two_lines(
            f"{transfer.source.code} → {transfer.destination.code}", transfer.note
        )

    @admin.display(description="Received")
    def progress_column(self, transfer: Any) -> SafeString:
        """Units that came, of those that left or were asked for."""
        lost = f"{transfer.lost} written off" if transfer.lost else ""
        return progress(transfer.came or 0, transfer.left or transfer.units or 0, lost)

    @admin.display(description="State")
    def status_column(self, transfer: Transfer) -> SafeString:
        """In words."""
        return words.chip(words.sentence_case(TransferStatus(transfer.status).label))

    @admin.display(description="Expected")
    def expected_column(self, transfer: Transfer) -> SafeString | str:
        """When it should come; marked when that day has passed."""
        return due(transfer, transfer.expected_on)
