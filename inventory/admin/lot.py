"""Lots and serial numbers: where each came from, where it lies, who has it."""

import csv
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.enums import ActionVariant

from inventory import operations
from inventory.admin.stock import product_link
from inventory.forms import HoldLotForm, ReleaseLotForm, TrackingForm
from inventory.models import Lot, Product
from inventory.queries import lots as questions
from inventory.queries.recall import PACKED, PICKED, SENT, Traced, recall
from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor

SHOWN = 100
HEADER = (
    "order", "channel", "customer", "country", "state", "location", "work", "shipment", "parcel",
    "tracking number", "shipped", "units", "returned", "with customer",
)  # fmt: skip
STATES = {PICKED: "Picked, not packed", PACKED: "Packed, not shipped", SENT: "With the customer"}


def hold(request: HttpRequest, lot: Lot, data: dict[str, Any]) -> str:
    """Nothing of it leaves any more."""
    why = operations.Why(data["reason_code"], data["words"])
    left = operations.hold_lot(lot, by=actor(request), why=why)
    rest = (
        f" {words.count(left, 'unit')} wait for reserved orders to let go of them." if left else ""
    )
    return f"{lot} is held; what is free is in quarantine.{rest}"


def release(request: HttpRequest, lot: Lot, data: dict[str, Any]) -> str:
    """It may leave again."""
    why = operations.Why(data["reason_code"], data["words"])
    operations.release_lot(lot, by=actor(request), why=why)
    return f"{lot} may leave again."


LOT_ACTS = (
    Act("hold", "Hold", "inventory.hold_lot", hold, HoldLotForm, lambda lot: not lot.is_held,
        help="What is free goes into quarantine at every location; nothing of it is picked or "
        "shipped until it is released.", icon="front_hand", variant=ActionVariant.DANGER),
    Act("release", "Release", "inventory.hold_lot", release, ReleaseLotForm,
        lambda lot: lot.is_held, help="What the hold set apart is good stock again. Units that were quarantined for another reason stay there.",
        icon="lock_open", variant=ActionVariant.PRIMARY),
)  # fmt: skip


def set_tracking(request: HttpRequest, product: Product, data: dict[str, Any]) -> str:
    """By quantity, by lot, or by serial number."""
    product = operations.set_tracking(product, data["tracking"], by=actor(request))
    return f"{product}: tracking is {product.get_tracking_display().lower()} now."


TRACKING_ACT = Act(
    "tracking", "Track lots or serials", "inventory.change_product", set_tracking, TrackingForm,
    help="Possible while no unit is in stock. From then on every movement names lot or serial.",
    icon="qr_code_2", folded=True, initial=lambda product: {"tracking": product.tracking},
)  # fmt: skip


class LotStateFilter(DropdownFilter):
    """What may not leave, or soon may not."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The questions that a stock manager asks."""
        return [("held", "Held"), ("expired", "Expired"), ("soon", "Expires within 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Lots that answer it."""
        today = timezone.localdate()
        kinds = {
            "held": Q(held_at__isnull=False),
            "expired": Q(expires_on__lt=today),
            "soon": Q(expires_on__gte=today, expires_on__lte=today + timedelta(days=30)),
        }
        return queryset.filter(kinds[self.value()]) if self.value() in kinds else queryset


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """The page is the trace: from the supplier over the shelf to every customer and back."""

    list_empty = "Lots and serial numbers come with receipts of products that are tracked by them."

    acts = LOT_ACTS
    list_display = (
        "code_column",
        "product_column",
        "num_here",
        "expires_column",
        "state_column",
        "supplier_reference",
    )
    list_display_links = ("code_column",)
    list_select_related = ("product",)
    list_filter = (LotStateFilter,)
    list_filter_submit = True
    search_fields = ("code__exact", "product__sku__exact")
    search_help_text = "Whole lot or serial number, or whole SKU"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/lot/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the units that are here."""
        return super().get_queryset(request).annotate(units=Sum("stock__quantity"))

    def get_urls(self) -> list[URLPattern]:
        """And the recall list as a file."""
        view = self.admin_site.admin_view(self.recall_view)
        return [path("<int:pk>/recall.csv", view, name="inventory_lot_recall"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The trace."""
        if (lot := kwargs.get("obj")) is not None:
            context |= trace_of(lot)
        return super().render_change_form(request, context, *args, **kwargs)

    def recall_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every order, parcel and customer with units of the lot; customers by number, not name."""
        lot = self.get_object(request, str(pk))
        if lot is None or not self.has_view_permission(request, lot):
            raise Http404
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="recall-{lot.pk}.csv"'
        file = csv.writer(response)
        file.writerow(HEADER)
        file.writerows(_row(one) for one in recall(lot))
        return response

    @admin.display(description="Lot or serial number")
    def code_column(self, lot: Lot) -> SafeString:
        """As printed on the goods."""
        return format_html('<b class="oms-strong">{}</b>', lot.code)

    @admin.display(description="Product")
    def product_column(self, lot: Lot) -> SafeString:
        """What it is a lot of."""
        return product_link(lot.product)

    @admin.display(description="Units here")
    def num_here(self, lot: Any) -> int:
        """At all locations, in whatever condition."""
        return lot.units or 0

    @admin.display(description="Expires")
    def expires_column(self, lot: Lot) -> SafeString | str:
        """The last day on which it may leave."""
        if lot.expires_on is None:
            return "–"
        shown = f"{lot.expires_on.day} {lot.expires_on:%b %Y}"
        return words.chip(shown, "warn") if lot.is_expired(timezone.localdate()) else shown

    @admin.display(description="State")
    def state_column(self, lot: Lot) -> SafeString:
        """Colour where it may not leave."""
        return words.chip(*state_of(lot))


def state_of(lot: Lot) -> tuple[str, str]:
    """A word for the lot, and its tone."""
    if lot.is_held:
        return "Held", "bad"
    return ("Expired", "warn") if lot.is_expired(timezone.localdate()) else ("May leave", "")


def trace_of(lot: Lot) -> dict[str, Any]:
    """What the page of a lot shows."""
    traced = recall(lot)
    moves = list(questions.movements_of(lot)[:SHOWN])
    names = words.names_of(row.actor for row in moves)
    for row in moves:
        row.who = names[row.actor]  # type: ignore[attr-defined]
    stock = list(questions.lot_stock(lot))
    totals = {row.condition: 0 for row in stock}
    for row in stock:
        totals[row.condition] += row.quantity
    return {
        "lot": lot,
        "state": state_of(lot),
        "stock": stock,
        "totals": totals,
        "out": sum(one.out for one in traced),
        "orders": len({one.order.pk for one in traced if one.out}),
        "traced": [(one, said_of(one)) for one in traced[:SHOWN]],
        "more": max(len(traced) - SHOWN, 0),
        "movements": moves,
        "title": lot.code,
    }


def said_of(one: Traced) -> tuple[str, str]:
    """A word for where the units are, and its tone."""
    if one.state != SENT:
        return STATES[one.state], "warn"
    if not one.out:
        return "Came back", ""
    return (STATES[SENT], "bad") if not one.returned else ("Partly back", "bad")


def _row(one: Traced) -> tuple[Any, ...]:
    order = one.order
    customer = order.customer.number if order.customer else ""
    when = f"{one.at:%Y-%m-%d %H:%M}" if one.at else ""
    ids = (order.number, order.channel.code, customer, order.ship_country, said_of(one)[0].lower())
    parcel = (one.location, one.work, one.shipment, one.parcel or "", one.tracking_number)
    return (*ids, *parcel, when, one.units, one.returned, one.out)
