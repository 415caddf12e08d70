"""Suppliers: reference data with what their deliveries teach."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.views import ChangeList

from inventory.models import GoodsReceiptLine, PurchaseOrder, Supplier, SupplierProduct
from inventory.queries import leadtimes
from oms import words
from oms.admin import EditableAdmin

CHARTED = 40  # receipts
SHOWN = 15  # products


class SupplierChangeList(ChangeList):
    """Knows the learnt lead times of the page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of suppliers."""
        super().get_results(request)
        rows = list(self.result_list)
        learnt = leadtimes.by_supplier(row.pk for row in rows)
        for row in rows:
            row.learnt = learnt.get(row.pk)
        self.result_list = rows  # type: ignore[assignment]


class OfferInline(TabularInline):
    """What the supplier sells; long lists are kept by the API."""

    model = SupplierProduct
    extra = 0
    max_num = 50
    per_page = 20
    tab = True
    ordering = ("pk",)
    autocomplete_fields = ("product",)
    fields = (
        "product", "supplier_sku", "price", "pack_size", "minimum", "lead_time_days",
        "is_preferred",
    )  # fmt: skip


@admin.register(Supplier)
class SupplierAdmin(EditableAdmin):
    """Who sells to us, and how long they really take."""

    list_empty = "Add whom you buy from; lead times are learnt from their deliveries."

    list_display = (
        "name",
        "code",
        "country",
        "currency",
        "stated_column",
        "learnt_column",
        "state_column",
    )
    ordering = ("name",)
    search_fields = ("code", "name")
    list_filter = ("is_active",)
    sortable_by: ClassVar = ()
    inlines = (OfferInline,)
    change_form_outer_before_template = "admin/inventory/supplier.html"
    fieldsets = (
        (None, {"fields": (("name", "code"), ("country", "currency"), "is_active")}),
        (
            "How it delivers",
            {"fields": (("lead_time_days", "over_percent"), "payment_terms_days")},
        ),
        ("On papers", {"fields": ("address", ("order_email", "tax_id"))}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list with lead times."""
        return SupplierChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The code is what files and messages name; it stays."""
        return ("code",) if obj else ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with what deliveries taught above it."""
        if (supplier := kwargs.get("obj")) is not None:
            context |= _learnt(supplier)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Stated lead time")
    def stated_column(self, supplier: Supplier) -> str:
        """As it says itself."""
        return f"{supplier.lead_time_days} d"

    @admin.display(description="Learnt lead time")
    def learnt_column(self, supplier: Any) -> SafeString | str:
        """As it really is; orange when it takes a quarter longer than it says."""
        if supplier.learnt is None:
            return "–"
        row = supplier.learnt
        said = f"{row.mean:.1f} d ± {row.spread:.1f}"
        slow = row.mean > supplier.lead_time_days * 1.25
        return words.two_lines(said, words.count(row.receipts, "line"), "warn" if slow else "")

    @admin.display(description="State")
    def state_column(self, supplier: Supplier) -> SafeString:
        """Whether we buy there."""
        return words.chip("Active" if supplier.is_active else "Switched off")


def _learnt(supplier: Supplier) -> dict[str, Any]:
    rows = list(
        GoodsReceiptLine.objects.filter(
            receipt__supplier=supplier, receipt__undone_at=None, lead_days__isnull=False
        )
        .order_by("-pk")
        .values_list("receipt__received_at", "lead_days")[:CHARTED]
    )[::-1]
    by_product = leadtimes.by_product(supplier)
    offers = supplier.offers.filter(product__in=by_product).select_related("product")
    return {
        "supplier": supplier,
        "lead_all": leadtimes.by_supplier([supplier.pk]).get(supplier.pk),
        "lead_rows": [(offer, by_product[offer.product_id]) for offer in offers[:SHOWN]],
        "open_orders": PurchaseOrder.objects.filter(
            supplier=supplier, status__in=["sent", "partially_received"]
        ).order_by("expected_on")[:SHOWN],
        "charts": {
            "lead": {
                "labels": [f"{at.day} {at:%b}" for at, _ in rows],
                "unit": "days",
                "sets": [{"label": "Days to receipt", "data": [round(d, 1) for _, d in rows]}],
            }
        },
    }
