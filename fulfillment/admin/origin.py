"""Parcels that came back: what waits to be received, and what to be decided."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment.admin.listing import tabs
from fulfillment.enums import OriginDecision
from fulfillment.models import OriginReturn
from oms import words
from oms.admin import ReadOnlyAdmin
from oms.admin.listing import StatusFilter

TABS = (
    ("waiting", "To decide"),
    ("hold", "Kept until later"),
    ("reship", "Sent once more"),
    ("refund", "Refunded"),
    ("", "All"),
)
TONES = {OriginDecision.WAITING: "warn"}


class DecisionFilter(StatusFilter):
    """Parcels of one decision; drawn as tabs over the list."""

    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every decision."""
        return list(OriginDecision.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002
        """What was decided so."""
        return queryset.filter(decision=self.value()) if self.value() else queryset


@admin.register(OriginReturn)
class OriginReturnAdmin(ReadOnlyAdmin):
    """The list leads to the shipments, where it is decided."""

    list_empty = (
        "Nothing came back undelivered. A parcel shows up here when its carrier says so, or by "
        "the button on the page of its shipment."
    )
    list_display = (
        "shipment_column",
        "order_column",
        "reason_column",
        "goods_column",
        "decision_column",
    )
    list_display_links = None
    list_select_related = ("order", "shipment__carrier", "return_order")
    list_filter = (DecisionFilter, "reason")
    list_filter_submit = True
    list_before_template = "admin/fulfillment/tabs.html"
    search_fields = ("shipment__number", "order__number", "shipment__tracking_number")
    search_help_text = "Shipment, order, tracking number"
    sortable_by: ClassVar = ()
    fields = (
        "order_column",
        "shipment_column",
        "goods_column",
        "reason_column",
        "cash_column",
        "decision_column",
        "decided_because",
        "said_at",
        "decided_at",
    )
    readonly_fields = fields

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list with its tabs."""
        shown = tabs(request, self.model, TABS, field="decision")
        context = {"title": "Parcels that came back", "view_tabs": shown}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Shipment")
    def shipment_column(self, row: OriginReturn) -> SafeString:
        """Its number, with the carrier."""
        url = reverse("admin:fulfillment_shipment_change", args=[row.shipment_id])
        link = format_html('<a class="oms-link" href="{}">{}</a>', url, row.shipment.number)
        return words.two_lines(link, row.shipment.carrier.name)

    @admin.display(description="Order")
    def order_column(self, row: OriginReturn) -> SafeString:
        """The order it serves."""
        url = reverse("admin:orders_order_change", args=[row.order_id])
        return format_html('<a class="oms-link" href="{}">{}</a>', url, row.order.number)

    @admin.display(description="Why")
    def reason_column(self, row: OriginReturn) -> SafeString:
        """As the carrier says, and since when."""
        return words.two_lines(row.get_reason_display(), f"{words.age(row.said_at)} ago")

    @admin.display(description="Goods")
    def goods_column(self, row: OriginReturn) -> SafeString | str:
        """The return by which they are received, and where it stands."""
        if row.return_order is None:
            return "–"
        url = reverse("admin:fulfillment_return_change", args=[row.return_order_id])
        link = format_html('<a class="oms-link" href="{}">{}</a>', url, row.return_order.number)
        here = "on their way" if row.return_order.status == "approved" else "here"
        return words.two_lines(link, here)

    @admin.display(description="Cash that is not to be collected any more")
    def cash_column(self, row: OriginReturn) -> str:
        """Of an order that is paid on delivery."""
        return words.money(row.cash, row.order.currency) if row.cash else "–"

    @admin.display(description="Decision")
    def decision_column(self, row: OriginReturn) -> SafeString:
        """Colour while nobody has decided."""
        decision = OriginDecision(row.decision)
        return words.chip(str(decision.label), TONES.get(decision, ""))
