"""Receipts: what came in, by whom, and what was paid to bring it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.enums import ActionVariant

from inventory.admin import receiving, supply_acts
from inventory.admin.stock import PlaceFilter
from inventory.models import CostEntry, GoodsReceipt
from oms import words
from oms.admin import ReadOnlyAdmin


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(ReadOnlyAdmin):
    """One row a delivery."""

    list_empty = (
        "Goods are received on the page of a purchase order or transfer, or without an order."
    )

    acts = supply_acts.RECEIPT_ACTS
    list_display = (
        "number_column",
        "document_column",
        "place_column",
        "units_column",
        "reference",
        "when_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("location", "supplier", "purchase_order", "transfer")
    list_filter = (PlaceFilter, ("received_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("number__exact", "reference__exact", "purchase_order__number__exact")
    search_help_text = "Number, delivery note, purchase order"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/receipt.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the units of the row."""
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.annotate(good=Sum("lines__good"), damaged=Sum("lines__damaged"))

    def get_urls(self) -> list[URLPattern]:
        """And the page of receipts without an order."""
        wrap = self.admin_site.admin_view
        return [
            path("receive/", wrap(receiving.blind_view), name="inventory_goodsreceipt_receive"),
            path("find/", wrap(receiving.find_view), name="inventory_goodsreceipt_find"),
            path("lookup/", wrap(receiving.lookup_view), name="inventory_goodsreceipt_lookup"),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Any = None) -> list[dict[str, Any]]:
        """And over the list, the way to a receipt without an order."""
        shown = super().buttons(request, obj)
        if obj is None and request.user.has_perm(receiving.RECEIVE):
            shown.append(
                {
                    "name": "receive",
                    "title": "Receive without an order",
                    "icon": "add_box",
                    "variant": ActionVariant.PRIMARY,
                    "path": reverse("admin:inventory_goodsreceipt_receive"),
                    "folded": False,
                }
            )
        return shown

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lines with their cost, and the costs added later."""
        if (receipt := kwargs.get("obj")) is not None:
            context |= _page(receipt)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Receipt")
    def number_column(self, receipt: GoodsReceipt) -> SafeString:
        """Its number, and whether it still counts."""
        return words.two_lines(receipt.number, "Undone" if receipt.undone_at else "", "warn")

    @admin.display(description="Of")
    def document_column(self, receipt: GoodsReceipt) -> SafeString:
        """The document behind it."""
        document = receipt.purchase_order or receipt.transfer
        return words.two_lines(document or "No order", receipt.supplier or "")

    @admin.display(description="Location")
    def place_column(self, receipt: GoodsReceipt) -> str:
        """Where."""
        return receipt.location.code

    @admin.display(description="Units")
    def units_column(self, receipt: Any) -> SafeString:
        """Good ones; damaged ones below, for somebody to claim."""
        damaged = f"{receipt.damaged} damaged" if receipt.damaged else ""
        return words.two_lines(receipt.good or 0, damaged, "warn")

    @admin.display(description="When")
    def when_column(self, receipt: GoodsReceipt) -> str:
        """When it was received."""
        return words.moment(receipt.received_at)


def _page(receipt: GoodsReceipt) -> dict[str, Any]:
    currency = receipt.location.cost_currency
    costs = receipt.landed_costs.annotate(
        kept=Sum("entries__fifo_value"), expensed=Sum("entries__fifo_expensed")
    ).order_by("pk")
    added = dict(
        CostEntry.objects.filter(landed_cost__receipt=receipt)
        .order_by()
        .values_list("level__product")
        .annotate(total=Sum("fifo_value") + Sum("fifo_expensed"))
    )
    lines = list(receipt.lines.select_related("product", "lot", "purchase_line").order_by("pk"))
    for line in lines:
        line.landed = added.get(line.product_id)
        knows_both = line.unit_cost is not None and line.landed
        line.full_cost = line.unit_cost + line.landed / line.units if knows_both else None
    people = [receipt.received_by, *(cost.actor for cost in costs)]
    names = words.names_of([*people, *([receipt.undone_by] if receipt.undone_by else [])])
    return {
        "receipt": receipt,
        "line_rows": lines,
        "costs": [(cost, names[cost.actor]) for cost in costs],
        "currency": currency,
        "who": names[receipt.received_by],
        "undone_by": names.get(receipt.undone_by, ""),
        "document": receipt.purchase_order or receipt.transfer,
        "title": receipt.number,
    }
