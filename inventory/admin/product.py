"""Products: edited in forms or files; their stock stands on the same page."""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from inventory.admin import lines
from inventory.admin.acts import STOCK_ACTS
from inventory.admin.fences import PRODUCT_FENCE_ACTS
from inventory.admin.limits import LIMIT_ACT
from inventory.admin.lot import TRACKING_ACT
from inventory.admin.pages import product_context
from inventory.models import Product, StockLevel
from oms import words
from oms.admin import EditableAdmin
from oms.deferred import deferred

NAME = "inventory_product"
PROCESS = "process_import"


class ProductChangeList(ChangeList):
    """Adds the stock of the page's products, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of products with their totals."""
        super().get_results(request)
        rows = list(self.result_list)
        levels = StockLevel.objects.filter(product__in=[row.pk for row in rows]).values(
            "product_id"
        )
        sums = levels.annotate(hand=Sum("on_hand"), held=Sum("reserved")).order_by()
        found = {row["product_id"]: row for row in sums}
        for row in rows:
            row.hand = found.get(row.pk, {}).get("hand", 0)
            row.held = found.get(row.pk, {}).get("held", 0)
        self.result_list = rows  # type: ignore[assignment]


@admin.register(Product)
class ProductAdmin(EditableAdmin):
    """Reference data with live stock below it."""

    list_empty = "Add a product, or import a file of them."
    has_own_export = True  # whose file can be edited and imported again

    acts = (*STOCK_ACTS, TRACKING_ACT, *PRODUCT_FENCE_ACTS, LIMIT_ACT)
    change_list_template = "admin/import_export/change_list_import_export.html"
    list_display = (
        "sku",
        "name",
        "num_on_hand",
        "num_reserved",
        "price_column",
        "hs_code",
        "state_column",
    )
    ordering = ("-pk",)
    search_fields = ("sku__istartswith", "name", "barcode__exact")
    search_help_text = "SKU, name, barcode"
    list_filter = ("is_active", "tax_class")
    sortable_by: ClassVar = ()
    change_form_outer_before_template = "admin/inventory/product/stock.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("sku", "name"),
                    ("barcode", "is_active"),
                    ("goods_class", "family"),
                    "preorder_on",
                )
            },
        ),
        ("Money and tax", {"fields": (("unit_price", "unit_cost"), "tax_class")}),
        (
            "Weight and customs",
            {
                "classes": ("collapse",),
                "fields": (("weight_g", "origin_country"), ("hs_code", "customs_description")),
            },
        ),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list with stock."""
        return ProductChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The SKU is what orders, files and labels name; it stays."""
        return ("sku",) if obj else ()

    def choice_label(self, product: Product) -> str:
        """How search boxes offer a product."""
        return f"{product.sku} – {product.name}"

    def get_urls(self) -> list[URLPattern]:
        """The pages for files of products and for rows of forms, before those of one product."""
        wrap, files = self.admin_site.admin_view, deferred("inventory.admin.product_files.page")
        return [
            path("import/", wrap(partial(files, "import_action")), name=f"{NAME}_import"),
            path("process_import/", wrap(partial(files, PROCESS)), name=f"{NAME}_{PROCESS}"),
            path("export/", wrap(partial(files, "export_action")), name=f"{NAME}_export"),
            path("lines/<str:sheet>/", wrap(lines.rows), name="inventory_lines_rows"),
            path("lines/<str:sheet>/find/", wrap(lines.find), name="inventory_lines_find"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list with its buttons for files."""
        files = {
            "has_import_permission": self.has_import_permission(request),
            "has_export_permission": self.has_view_permission(request),
        }
        return super().changelist_view(request, {**files, **(extra_context or {})})

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Files change what forms change."""
        return self.has_change_permission(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An exact SKU comes alone."""
        if (exact := queryset.filter(sku=search_term.strip().upper())).exists():
            return exact, False
        return super().get_search_results(request, queryset, search_term)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with stock, movements and waiting orders below."""
        if (product := kwargs.get("obj")) is not None:
            context |= product_context(product)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="On hand")
    def num_on_hand(self, product: Product) -> str:
        """At all locations."""
        return f"{product.hand:,}"  # type: ignore[attr-defined]

    @admin.display(description="Reserved")
    def num_reserved(self, product: Product) -> str:
        """At all locations."""
        return f"{product.held:,}"  # type: ignore[attr-defined]

    @admin.display(description="List price")
    def price_column(self, product: Product) -> str:
        """Without a currency: channels have one."""
        return f"{product.unit_price:,.2f}" if product.unit_price is not None else "–"

    @admin.display(description="State")
    def state_column(self, product: Product) -> SafeString:
        """Whether it is sold."""
        return words.chip("Sold" if product.is_active else "Not sold")
