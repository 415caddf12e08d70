"""Stock levels and the ledger that proves them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.views import ChangeList

from inventory.admin import doctor, moments
from inventory.admin.acts import CORRECT_ACT, IMPORT_ACT, REPAIR_ACT, STOCK_ACTS
from inventory.admin.counts.acts import LEVEL_ACT
from inventory.admin.pages import add_coming, level_context
from inventory.enums import StockCondition
from inventory.models import Location, ReasonCode, StockLevel, StockMovement
from oms import navigation, words
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
            ("quarantined", "In quarantine"),
            ("damaged", "Damaged"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Levels that answer it."""
        free = F("reserved") + F("safety_stock")
        kinds = {
            "none": queryset.filter(on_hand__lte=free),
            "some": queryset.filter(on_hand__gt=free),
            "reserved": queryset.filter(reserved__gt=0),
            "quarantined": queryset.filter(quarantined__gt=0),
            "damaged": queryset.filter(damaged__gt=0),
        }
        return kinds.get(self.value() or "", queryset)


class ReasonFilter(DropdownFilter):
    """Movements with a reason code."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every reason, those that are switched off too: the ledger keeps them."""
        return list(ReasonCode.objects.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What was moved for it."""
        if not self.value():
            return queryset
        found = list(ReasonCode.objects.filter(code=self.value()).values_list("pk", flat=True))
        return queryset.filter(reason_code__in=found)  # by key: its index is in list order


def product_link(product: Any) -> SafeString:
    """A SKU that leads to the product's page, with its name below."""
    url = reverse("admin:inventory_product_change", args=[product.pk])
    return words.two_lines(
        format_html('<a class="oms-link" href="{}">{}</a>', url, product.sku), product.name
    )


class LevelChangeList(ChangeList):
    """Knows what is on its way to the levels of the page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of levels with what comes."""
        super().get_results(request)
        rows = list(self.result_list)
        add_coming(rows)
        self.result_list = rows  # type: ignore[assignment]


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """How much is where, and what of it is free; each figure's page says why."""

    acts = (*STOCK_ACTS, LEVEL_ACT, REPAIR_ACT, IMPORT_ACT)
    list_empty = "Stock shows up with its first movement: Import movements, or receive a delivery."
    list_display = (
        "product_column",
        "location",
        "num_on_hand",
        "num_reserved",
        "num_available",
        "num_apart",
        "num_coming",
        "num_safety",
        "why_column",
        "changed_column",
    )
    list_display_links = ("why_column",)
    ordering = ("product__sku", "location__code")  # read along the index of SKUs
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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that knows what comes."""
        return LevelChangeList

    def get_urls(self) -> list[URLPattern]:
        """The time machine and the stock doctor, before the pages of the rows."""
        wrap = self.admin_site.admin_view
        return [
            path("doctor/", wrap(self.doctor_view), name="inventory_doctor"),
            path("<int:pk>/at/", wrap(self.at_view), name="inventory_stocklevel_at"),
            *super().get_urls(),
        ]

    def doctor_view(self, request: HttpRequest) -> HttpResponse:
        """Proof of all stock, and of a SKU's figures."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return doctor.prove(request) if request.method == "POST" else doctor.page(request)

    def at_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A level at a moment of the past."""
        level = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, level):
            raise PermissionDenied
        return moments.page(request, level)

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
    def num_on_hand(self, level: StockLevel) -> str:
        """What a picker can count."""
        return f"{level.on_hand:,}"

    @admin.display(description="Reserved")
    def num_reserved(self, level: StockLevel) -> str:
        """Promised to orders."""
        return f"{level.reserved:,}"

    @admin.display(description="Available")
    def num_available(self, level: StockLevel) -> SafeString:
        """What may still be promised; orange when nothing is left."""
        return format_html(
            '<span class="{}">{}</span>',
            "" if level.available else "oms-warn",
            f"{level.available:,}",
        )

    @admin.display(description="Quarantine / damaged")
    def num_apart(self, level: StockLevel) -> SafeString | str:
        """What lies there and is not sold."""
        if not level.quarantined and not level.damaged:
            return "–"
        return format_html(
            '<span class="{}">{}</span> / {}',
            "oms-warn" if level.quarantined else "",
            f"{level.quarantined:,}",
            f"{level.damaged:,}",
        )

    @admin.display(description="In transit / incoming")
    def num_coming(self, level: StockLevel) -> str:
        """What transfers bring, and what purchase orders and returns bring."""
        transit, incoming = level.coming  # type: ignore[attr-defined]
        return f"{transit:,} / {incoming:,}" if transit or incoming else "–"

    @admin.display(description="Safety stock")
    def num_safety(self, level: StockLevel) -> str:
        """Kept back."""
        return f"{level.safety_stock:,}"

    @admin.display(description="Why")
    def why_column(self, level: StockLevel) -> str:  # noqa: ARG002
        """Leads to the movements and reservations."""
        return "movements"

    @admin.display(description="Changed")
    def changed_column(self, level: StockLevel) -> str:
        """How long ago."""
        return f"{words.age(level.changed_at)} ago"


class MovementChangeList(ChangeList):
    """Knows who moved stock, and the documents behind it, in a few queries for the page."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of movements with readable actors and addresses of documents."""
        super().get_results(request)
        rows = list(self.result_list)
        names = words.names_of(row.actor for row in rows)
        links = navigation.links({row.reference for row in rows if row.reference})
        for row in rows:
            row.who, row.link = names[row.actor], links.get(row.reference, "")
        self.result_list = rows  # type: ignore[assignment]


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger: nothing is on hand that is not the sum of these rows."""

    list_empty = (
        "Every change of stock becomes a line here that nobody can edit. The first one comes "
        "with a receipt or an import."
    )

    acts = (CORRECT_ACT,)
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
    list_select_related = (
        "level__product",
        "level__location",
        "order_line__order",
        "reason_code",
    )
    list_filter = (
        MovedAtFilter,
        ("kind", ChoicesDropdownFilter),
        ("condition", ChoicesDropdownFilter),
        ReasonFilter,
        ("at", RangeDateFilter),
    )
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
    def kind_column(self, row: StockMovement) -> SafeString | str:
        """Why, in a word, and in what condition the units are."""
        kind = words.sentence_case(row.get_kind_display())
        if row.condition == StockCondition.AVAILABLE:
            return kind
        return format_html("{} {}", kind, words.chip(row.get_condition_display()))

    @admin.display(description="Change")
    def num_quantity(self, row: StockMovement) -> str:
        """Signed."""
        return f"{row.quantity:+,d}"

    @admin.display(description="Balance")
    def num_balance(self, row: StockMovement) -> str:
        """The balance that it left."""
        return f"{row.balance:,}"

    @admin.display(description="Cause")
    def cause_column(self, row: StockMovement) -> SafeString | str:
        """The order or document behind it, and the reason."""
        document: SafeString | str = row.reference
        if address := row.link:  # type: ignore[attr-defined]
            document = format_html('<a class="oms-link" href="{}">{}</a>', address, document)
        if row.order_line_id is None:
            said = " · ".join(filter(None, (str(row.reason_code or ""), row.reason)))
            return words.two_lines(document or "–", said)
        order = row.order_line.order
        url = reverse("admin:orders_order_change", args=[order.pk])
        return words.two_lines(
            format_html('<a class="oms-link" href="{}">{}</a>', url, order.number), document
        )

    @admin.display(description="Who")
    def who_column(self, row: StockMovement) -> str:
        """A person, or automatic."""
        return row.who  # type: ignore[attr-defined]
