"""Price lists in the back office: whom they are for, their prices, importing them from a file."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from customers import queries as customers
from oms import words
from oms.admin import Act, EditableAdmin, actor
from orders import operations
from orders.adapters.tabular.prices import read_prices
from orders.forms.price_lists import PricesForm
from orders.models import ListPrice, PriceList
from orders.views.importing import OpenedWhole

PRICES_SHOWN = 25
REFUSED_SHOWN = 200

Data = dict[str, Any]


def _import(request: HttpRequest, price_list: PriceList, data: Data) -> HttpResponse:
    """Read the file and show what became of its rows."""
    rows = list(read_prices(OpenedWhole(data["file"])))
    act = operations.try_prices if data["dry_run"] else operations.set_prices
    report = act(price_list, rows, by=actor(request))
    page = "admin:orders_pricelist"
    context = {
        **admin.site.each_context(request),
        "title": "Imported prices",
        "price_list": price_list,
        "report": report,
        "refused": report.refused[:REFUSED_SHOWN],
        "more": max(len(report.refused) - REFUSED_SHOWN, 0),
        "dry_run": data["dry_run"],
        "back": reverse(f"{page}_change", args=[price_list.pk]),
        "again": reverse(f"{page}_act", args=[price_list.pk, "import_prices"]),
    }
    return TemplateResponse(request, "admin/orders/price_report.html", context)


@admin.register(PriceList)
class PriceListAdmin(EditableAdmin):
    """What products cost whom."""

    acts = (
        Act(
            "import_prices",
            "Import prices",
            "orders.import_prices",
            _import,
            form=PricesForm,
            help="Adds and changes prices by SKU and quantity; prices that the file does not name "
            "stay. Rows that cannot be are refused and listed.",
            icon="upload_file",
        ),
    )
    change_form_outer_after_template = "admin/orders/price_list.html"
    list_empty = (
        "Add a price list: for a company, a customer group, a channel or everybody. Without one the "
        "product's own price counts."
    )
    list_display = ("name", "code", "currency", "whose_column", "period_column", "active_column")
    list_select_related = ("channel", "company", "segment")
    search_fields = ("code", "name")
    list_filter = ("is_active", "channel")
    ordering = ("name",)
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": (("name", "code"), ("currency", "includes_tax"), "is_active")}),
        (
            "Whom it is for",
            {
                "description": "The lists of a buyer's company are asked first, then those of a "
                "segment they are in, of their group, of the channel, of everybody.",
                "fields": ("company", "segment", "group", "channel", "rank"),
            },
        ),
        ("When", {"fields": (("valid_from", "valid_to"),)}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Segments that ended are not offered; one that the list names already stays."""
        form = super().get_form(request, obj, *args, **kwargs)
        if field := form.base_fields.get("segment"):
            field.queryset = customers.segments_offered(obj.segment_id if obj else None)
        return form

    @admin.display(description="For")
    def whose_column(self, row: PriceList) -> str:
        """Company, group and channel, as far as it is limited to them."""
        said = [str(each) for each in (row.company, row.segment, row.group) if each]
        said += [f"in {row.channel.name}"] if row.channel else []
        return " ".join(said) or "everybody"

    @admin.display(description="Valid")
    def period_column(self, row: PriceList) -> str:
        """From when to when."""
        start = f"from {row.valid_from:%d %b %Y}" if row.valid_from else ""
        end = f"until {row.valid_to:%d %b %Y}" if row.valid_to else ""
        return f"{start} {end}".strip() or "always"

    @admin.display(description="State")
    def active_column(self, row: PriceList) -> Any:
        """Grey in both cases."""
        return words.chip("In force" if row.is_active else "Switched off")

    def render_change_form(
        self, request: HttpRequest, context: Data, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Its first prices above the form."""
        row = kwargs.get("obj")
        if isinstance(row, PriceList):
            prices = row.prices.select_related("product").order_by("product__sku", "from_quantity")
            context |= {
                "price_list": row,
                "prices": prices[:PRICES_SHOWN],
                "price_count": row.prices.count(),
            }
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(ListPrice)
class ListPriceAdmin(EditableAdmin):
    """The prices of all lists."""

    list_empty = "Prices are imported into a price list, or added here one by one."
    list_display = ("product", "price_list", "from_quantity", "price_column")
    list_select_related = ("product", "price_list")
    search_fields = ("product__sku__exact",)
    search_help_text = "SKU"
    list_filter = ("price_list",)
    autocomplete_fields = ("product",)
    ordering = ("price_list", "product", "from_quantity")
    sortable_by: ClassVar = ()
    fields = ("price_list", "product", ("from_quantity", "unit_price"))

    @admin.display(description="Price")
    def price_column(self, row: ListPrice) -> str:
        """With its currency."""
        return words.money(row.unit_price, row.price_list.currency)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A price that no longer counts is taken out; its history stays."""
        return self.has_change_permission(request, obj)
