"""Purchase orders: what is late stands out; the page shows how far each line has come."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from inventory.admin import receiving, supply_acts
from inventory.admin.stock import PlaceFilter
from inventory.enums import PurchaseOrderStatus
from inventory.models import PurchaseOrder, Supplier
from oms import words
from oms.admin import ReadOnlyAdmin
from oms.admin.listing import StatusFilter, tabs
from oms.money import ZERO

TABS = (
    ("draft", "Drafts"),
    ("sent", "Sent"),
    ("partially_received", "Partly received"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
    ("", "All"),
)
OPEN = {PurchaseOrderStatus.SENT.value, PurchaseOrderStatus.PARTIALLY_RECEIVED.value}


class SupplierFilter(DropdownFilter):
    """Orders at one supplier."""

    title = "supplier"
    parameter_name = "supplier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every supplier."""
        return list(Supplier.objects.order_by("name").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What was ordered there."""
        return queryset.filter(supplier__code=self.value()) if self.value() else queryset


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnlyAdmin):
    """The list tells what is under way and late; the page takes the supplier's answers."""

    list_empty = "New purchase order, or let Replenishment propose them."

    acts = supply_acts.PURCHASE_ACTS
    list_display = (
        "number_column",
        "supplier_column",
        "place_column",
        "progress_column",
        "amount_column",
        "status_column",
        "expected_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("supplier", "location")
    list_filter = (StatusFilter, PlaceFilter, SupplierFilter)
    list_filter_submit = True
    list_before_template = "admin/fulfillment/tabs.html"
    search_fields = ("number__exact", "reference__exact", "supplier__name__istartswith")
    search_help_text = "Number, the supplier's number, supplier"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/purchase_order.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the figures of the row."""
        rows = super().get_queryset(request).select_related("supplier", "location")
        return rows.annotate(
            units=Sum("lines__quantity"),
            came=Sum(F("lines__received") + F("lines__damaged")),
            line_count=Count("lines"),
            amount=Sum(F("lines__quantity") * F("lines__unit_price")),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What should come first, first; the rest by age."""
        return ("expected_on", "pk") if request.GET.get("status") in OPEN else ("-pk",)

    def get_urls(self) -> list[URLPattern]:
        """And the page on which goods are received."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/receive/",
                wrap(receiving.purchase_order_view),
                name="inventory_purchaseorder_receive",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list with its tabs."""
        context = {"title": "Purchase orders", "view_tabs": tabs(request, self.model, TABS)}
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lines with their progress, and the receipts that made it."""
        if (order := kwargs.get("obj")) is not None:
            context |= _page(order)
            context["may_receive"] = order.is_open and request.user.has_perm(receiving.RECEIVE)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Order")
    def number_column(self, order: PurchaseOrder) -> SafeString:
        """Its number, and how old it is."""
        number = format_html('<b class="oms-strong">{}</b>', order.number)
        return words.two_lines(number, f"{words.age(order.sent_at or order.created_at)} ago")

    @admin.display(description="Supplier")
    def supplier_column(self, order: PurchaseOrder) -> SafeString:
        """Who delivers, and its own number of the order."""
        return words.two_lines(order.supplier.name, order.reference)

    @admin.display(description="Deliver to")
    def place_column(self, order: PurchaseOrder) -> str:
        """Where it goes."""
        return order.location.code

    @admin.display(description="Received")
    def progress_column(self, order: Any) -> SafeString:
        """Units that came, of those ordered."""
        return progress(order.came or 0, order.units or 0, words.count(order.line_count, "line"))

    @admin.display(description="Amount")
    def amount_column(self, order: Any) -> str:
        """What the ordered units cost."""
        return words.money(order.amount or ZERO, order.currency)

    @admin.display(description="State")
    def status_column(self, order: PurchaseOrder) -> SafeString:
        """Grey: colour is for what is late."""
        return words.chip(words.sentence_case(PurchaseOrderStatus(order.status).label))

    @admin.display(description="Expected")
    def expected_column(self, order: PurchaseOrder) -> SafeString | str:
        """When it should come; marked when that day has passed."""
        return due(order, order.expected_on)


def progress(done: int, total: int, below: str = "") -> SafeString:
    """A bar of what has come, with the figures."""
    bar = format_html(
        '<progress class="oms-progress" value="{}" max="{}" aria-label="{} of {}"></progress> {} / {}',
        min(done, total), total or 1, done, total, done, total,
    )  # fmt: skip
    return words.two_lines(bar, below)


def due(document: Any, day: Any) -> SafeString | str:
    """A day on which something is expected; a chip when it has passed."""
    if day is None:
        return "–"
    shown = f"{day.day} {day:%b}"
    today = timezone.localdate()
    if document.is_late(today):
        return words.chip(f"Late: {shown}", "bad", f"{words.count((today - day).days, 'day')} late")
    return shown


def _page(order: PurchaseOrder) -> dict[str, Any]:
    lines = list(order.lines.select_related("product").order_by("position"))
    for line in lines:
        line.day = line.expected_on or order.expected_on
        line.percent = min(100 * line.delivered // line.quantity, 100)
    receipts = order.receipts.order_by("-pk").annotate(
        good=Sum("lines__good"), damaged=Sum("lines__damaged")
    )
    names = words.names_of(row.received_by for row in receipts)
    return {
        "order": order,
        "line_rows": lines,
        "receipts": [(row, names[row.received_by]) for row in receipts],
        "total": sum((line.amount for line in lines), ZERO),
        "missing": sum(line.missing for line in lines),
        "late": order.is_late(timezone.localdate()),
        "unpriced": [line for line in lines if not line.unit_price],
        "title": order.number,
        "foreign": order.currency != order.location.cost_currency,
    }


def link(document: Any) -> SafeString:
    """A number that leads to its document."""
    name = f"admin:inventory_{document._meta.model_name}_change"  # noqa: SLF001
    return format_html(
        '<a class="oms-link" href="{}">{}</a>', reverse(name, args=[document.pk]), document.number
    )
