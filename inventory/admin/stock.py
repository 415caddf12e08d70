"""Stock levels and the ledger that proves them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.views import ChangeList

from inventory.admin.acts import IMPORT_ACT, STOCK_ACTS
from inventory.admin.counts.acts import LEVEL_ACT
from inventory.admin.pages import level_context
from inventory.models import Location, StockLevel, StockMovement
from oms import words
from oms.admin import ReadOnlyAdmin


class PlaceFilter(DropdownFilter):
    """Rows of one location, by its code."""

    title = "location"
    parameter_name = "location"
    path = "location"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every location."""
        return list(Location.objects.order_by("code").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What is there."""
        return queryset.filter(**{f"{self.path}__code": self.value()}) if self.value() else queryset


class MovedAtFilter(PlaceFilter):
    """Movements at one location."""

    path = "level__location"


class SupplyFilter(DropdownFilter):
    """What can still be promised, and what cannot."""

    title = "supply"
    parameter_name = "supply"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The questions that a stock manager asks."""
        return [
            ("none", "Nothing available"),
            ("some", "Available"),
            ("reserved", "With reservations"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Levels that answer it."""
        free = F("reserved") + F("safety_stock")
        kinds = {
            "none": queryset.filter(on_hand__lte=free),
            "some": queryset.filter(on_hand__gt=free),
            "reserved": queryset.filter(reserved__gt=0),
        }
        return kinds.get(self.value() or "", queryset)


def product_link(product: Any) -> SafeString:
    """A SKU that leads to the product's page, with its name below."""
    url = reverse("admin:inventory_product_change", args=[product.pk])
    return words.two_lines(
        format_html('<a class="oms-link" href="{}">{}</a>', url, product.sku), product.name
    )


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """How much is where, and what of it is free; each figure's page says why."""

    acts = (*STOCK_ACTS, LEVEL_ACT, IMPORT_ACT)
    list_display = (
        "product_column",
        "location",
        "num_on_hand",
        "num_reserved",
        "num_available",
        "num_safety",
        "why_column",
        "changed_column",
    )
    list_display_links = ("why_column",)
    list_select_related = ("product", "location")
    list_filter = (PlaceFilter, SupplyFilter)
    list_filter_submit = True
    search_fields = ("product__sku__istartswith", "product__name")
    search_help_text = "SKU or name"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/stocklevel/change_form.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, called by what it holds."""
        return super().changelist_view(request, {"title": "Stock"} | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Levels with their product and location."""
        return super().get_queryset(request).select_related("product", "location")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """One level: its figures, the movements that prove them, who has what reserved."""
        if (level := kwargs.get("obj")) is not None:
            context |= level_context(level)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Product")
    def product_column(self, level: StockLevel) -> SafeString:
        """SKU and name."""
        return product_link(level.product)

    @admin.display(description="On hand")
    def num_on_hand(self, level: StockLevel) -> int:
        """What a picker can count."""
        return level.on_hand

    @admin.display(description="Reserved")
    def num_reserved(self, level: StockLevel) -> int:
        """Promised to orders."""
        return level.reserved

    @admin.display(description="Available")
    def num_available(self, level: StockLevel) -> SafeString:
        """What may still be promised; orange when nothing is left."""
        return format_html(
            '<span class="{}">{}</span>', "" if level.available else "oms-warn", level.available
        )

    @admin.display(description="Safety stock")
    def num_safety(self, level: StockLevel) -> int:
        """Kept back."""
        return level.safety_stock

    @admin.display(description="Why")
    def why_column(self, level: StockLevel) -> str:  # noqa: ARG002
        """Leads to the movements and reservations."""
        return "movements"

    @admin.display(description="Changed")
    def changed_column(self, level: StockLevel) -> str:
        """How long ago."""
        return f"{words.age(level.changed_at)} ago"


class MovementChangeList(ChangeList):
    """Knows the names of whoever moved stock, in one query for the page."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of movements with readable actors."""
        super().get_results(request)
        rows = list(self.result_list)
        names = words.names_of(row.actor for row in rows)
        for row in rows:
            row.who = names[row.actor]
        self.result_list = rows  # type: ignore[assignment]


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger: nothing is on hand that is not the sum of these rows."""

    list_display = (
        "at_column",
        "product_column",
        "location_column",
        "kind_column",
        "num_quantity",
        "num_balance",
        "cause_column",
        "who_column",
    )
    list_select_related = ("level__product", "level__location", "order_line__order")
    list_filter = (MovedAtFilter, ("kind", ChoicesDropdownFilter), ("at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("level__product__sku__exact", "reference__exact")
    search_help_text = "Whole SKU, or reference"
    sortable_by: ClassVar = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that knows its actors."""
        return MovementChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Links from stock pages narrow the ledger to a level or a product."""
        return lookup in {"level", "level__product"} or super().lookup_allowed(
            lookup, value, request
        )  # type: ignore[arg-type]

    @admin.display(description="When")
    def at_column(self, row: StockMovement) -> str:
        """When it happened."""
        return words.moment(row.at)

    @admin.display(description="Product")
    def product_column(self, row: StockMovement) -> SafeString:
        """What moved."""
        return product_link(row.level.product)

    @admin.display(description="Location")
    def location_column(self, row: StockMovement) -> str:
        """Where."""
        return row.level.location.code

    @admin.display(description="Kind")
    def kind_column(self, row: StockMovement) -> str:
        """Why, in a word."""
        return words.sentence_case(row.get_kind_display())

    @admin.display(description="Change")
    def num_quantity(self, row: StockMovement) -> str:
        """Signed."""
        return f"{row.quantity:+d}"

    @admin.display(description="On hand after")
    def num_balance(self, row: StockMovement) -> int:
        """The balance that it left."""
        return row.balance

    @admin.display(description="Cause")
    def cause_column(self, row: StockMovement) -> SafeString | str:
        """The order or document behind it, and the reason."""
        if row.order_line_id is None:
            return words.two_lines(row.reference or "–", row.reason)
        order = row.order_line.order
        url = reverse("admin:orders_order_change", args=[order.pk])
        return words.two_lines(
            format_html('<a class="oms-link" href="{}">{}</a>', url, order.number), row.reference
        )

    @admin.display(description="Who")
    def who_column(self, row: StockMovement) -> str:
        """A person, or automatic."""
        return row.who  # type: ignore[attr-defined]
