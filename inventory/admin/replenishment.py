"""Replenishment: what to buy or bring today and why; and the rules behind it."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import DropdownFilter
from unfold.enums import ActionVariant

from inventory import operations
from inventory.admin.stock import PlaceFilter, product_link
from inventory.enums import ProposalState, SupplyKind
from inventory.models import (
    PurchaseOrder,
    ReplenishmentPolicy,
    ReplenishmentProposal,
    Supplier,
    Transfer,
)
from oms import jobs, words
from oms.admin import Act, ConfirmForm, EditableAdmin, ReadOnlyAdmin, actor
from oms.errors import DomainError

DECIDE = "inventory.decide_replenishment"
URGENT_DAYS = 7.0
MOST_CHOSEN = 500  # accepted together: proposals of one supplier join into one purchase order


def calculate(request: HttpRequest, _obj: None, _data: dict[str, Any]) -> HttpResponse:
    """Work the proposals out anew, by a worker."""
    job = jobs.start("replenishment", "Replenishment", {}, by=actor(request))
    messages.success(request, "The calculation has started.")
    return HttpResponseRedirect(reverse("admin:oms_job_change", args=[job.pk]))


CALCULATE = Act(
    "calculate",
    "Calculate now",
    DECIDE,
    calculate,
    form=ConfirmForm,
    help="Looks at every product at every location. Proposals that nobody decided on are replaced.",
    icon="calculate",
    variant=ActionVariant.PRIMARY,
    on_list=True,
)


def accept_one(
    request: HttpRequest, row: ReplenishmentProposal, _data: dict[str, Any]
) -> HttpResponse:
    """Draft what it proposes, and go to the draft."""
    (made,) = operations.accept_proposals([row], by=actor(request))
    messages.success(request, f"{made} is drafted.")
    return HttpResponseRedirect(_page_of(made))


def dismiss_one(request: HttpRequest, row: ReplenishmentProposal, _data: dict[str, Any]) -> str:
    """Decide against it."""
    operations.dismiss_proposals([row], by=actor(request))
    return f"{row} is dismissed; the next calculation may propose it again."


def _is_open(row: ReplenishmentProposal) -> bool:
    return row.state == ProposalState.OPEN


DECISIONS = (
    Act(
        "draft",
        "Accept: make a draft",
        DECIDE,
        accept_one,
        form=ConfirmForm,
        allowed=_is_open,
        help="A draft of a purchase order or a transfer. Nothing is ordered or moved yet.",
        icon="check",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "drop",
        "Dismiss",
        DECIDE,
        dismiss_one,
        form=ConfirmForm,
        allowed=_is_open,
        help="The next calculation may propose it again.",
        icon="close",
    ),
)


class ProposalStateFilter(DropdownFilter):
    """Open proposals, unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every state but the usual one."""
        return [(state.value, state.label) for state in ProposalState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What is in that state."""
        return queryset.filter(state=self.value() or ProposalState.OPEN)


class SourceFilter(DropdownFilter):
    """Proposals to buy from one supplier, or to bring."""

    title = "from"
    parameter_name = "from"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Transfers, and every supplier."""
        suppliers = Supplier.objects.filter(is_active=True).order_by("name")
        return [("transfer", "Another location"), *suppliers.values_list("code", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What comes from there."""
        if self.value() == "transfer":
            return queryset.filter(kind=SupplyKind.TRANSFER)
        return queryset.filter(supplier__code=self.value()) if self.value() else queryset


@admin.register(ReplenishmentProposal)
class ReplenishmentProposalAdmin(ReadOnlyAdmin):
    """The most urgent first; each row opens its calculation."""

    list_empty = (
        "Calculate now proposes what to buy or move, and shows how each quantity comes about. "
        "It also runs every night."
    )

    acts = (CALCULATE, *DECISIONS)
    actions = ("accept", "dismiss")
    list_display = (
        "product_column",
        "place_column",
        "action_column",
        "num_quantity",
        "cost_column",
        "left_column",
        "why_column",
    )
    list_display_links = None
    list_select_related = ("product", "location", "supplier", "source")
    list_filter = (ProposalStateFilter, PlaceFilter, SourceFilter)
    list_filter_submit = True
    ordering = ("days_left", "pk")
    search_fields = ("product__sku__istartswith",)
    search_help_text = "SKU"
    sortable_by: ClassVar = ()
    fields = (
        ("product", "location"),
        ("supply_shown", "num_quantity"),
        ("cost_column", "left_column"),
        ("state", "document"),
        "calculation_shown",
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, called by its question."""
        context = {"title": "What to buy or bring"}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """For those who may decide."""
        actions = super().get_actions(request)
        if not request.user.has_perm(DECIDE):
            for name in self.actions:
                actions.pop(str(name), None)
        return actions

    @admin.action(description="Accept: make drafts")
    def accept(self, request: HttpRequest, rows: QuerySet[ReplenishmentProposal]) -> None:
        """Draft purchase orders and transfers of the selected proposals."""
        if chosen := _chosen(request, rows):
            try:
                made = operations.accept_proposals(chosen, by=actor(request))
            except DomainError as error:
                messages.error(request, error.detail)
            else:
                messages.success(request, _made(made))

    @admin.action(description="Dismiss")
    def dismiss(self, request: HttpRequest, rows: QuerySet[ReplenishmentProposal]) -> None:
        """Decide against the selected proposals."""
        if chosen := _chosen(request, rows):
            try:
                count = operations.dismiss_proposals(chosen, by=actor(request))
            except DomainError as error:
                messages.error(request, error.detail)
            else:
                messages.success(request, f"{words.count(count, 'proposal')} dismissed.")

    @admin.display(description="Product")
    def product_column(self, row: ReplenishmentProposal) -> SafeString:
        """SKU and name."""
        return product_link(row.product)

    @admin.display(description="For")
    def place_column(self, row: ReplenishmentProposal) -> str:
        """Where it is needed."""
        return row.location.code

    @admin.display(description="From")
    def action_column(self, row: ReplenishmentProposal) -> SafeString:
        """Whether to buy or to bring, and from whom."""
        if row.kind == SupplyKind.TRANSFER:
            return words.two_lines("Bring", f"from {row.source.code}" if row.source else "")
        if row.supplier is None:
            return words.two_lines("Buy", "no supplier known", "warn")
        return words.two_lines("Buy", row.supplier.name)

    @admin.display(description="Quantity")
    def num_quantity(self, row: ReplenishmentProposal) -> str:
        """Units, whole packs."""
        return f"{row.quantity:,}"

    @admin.display(description="Cost")
    def cost_column(self, row: ReplenishmentProposal) -> str:
        """At the supplier's price."""
        if row.supplier is None or row.unit_price is None:
            return "–"
        return words.money(row.quantity * row.unit_price, row.supplier.currency)

    @admin.display(description="Lasts")
    def left_column(self, row: ReplenishmentProposal) -> SafeString | str:
        """Days until the position is used up; marked when that is before a delivery could come."""
        if row.state != ProposalState.OPEN and row.document:
            return words.two_lines(words.sentence_case(row.get_state_display()), row.document)
        if row.days_left is None:
            return "–"
        said = f"{row.days_left:.0f} d"
        if row.days_left < min(float(row.calculation.get("lead", 0)), URGENT_DAYS):
            return words.chip(said, "bad", "Used up before a delivery can come")
        return said

    @admin.display(description="From")
    def supply_shown(self, row: ReplenishmentProposal) -> str:
        """On its page: whether to buy or to bring, and from whom, on one line."""
        if row.kind == SupplyKind.TRANSFER:
            return f"brought from {row.source}" if row.source else "brought"
        return f"bought from {row.supplier.name}" if row.supplier else "bought; no supplier known"

    @admin.display(description="Why")
    def calculation_shown(self, row: ReplenishmentProposal) -> SafeString:
        """On its page: the calculation, opened."""
        context = {"it": row.calculation, "is_open": True}
        return mark_safe(render_to_string("admin/inventory/calculation.html", context))  # noqa: S308 (a template that escapes)

    @admin.display(description="Why")
    def why_column(self, row: ReplenishmentProposal) -> SafeString:
        """The calculation, folded up."""
        shown = render_to_string("admin/inventory/calculation.html", {"it": row.calculation})
        return mark_safe(shown)  # noqa: S308 (a template that escapes)


@admin.register(ReplenishmentPolicy)
class ReplenishmentPolicyAdmin(EditableAdmin):
    """Rules by product and location; the most special one that fits holds."""

    list_empty = (
        "Add the service level and review period of a location or product; proposals are "
        "calculated from it."
    )

    list_display = (
        "scope_column",
        "service_level",
        "review_column",
        "lot_column",
        "state_column",
    )
    list_select_related = ("product", "location")
    list_filter = ("is_active", "location")
    search_fields = ("product__sku__istartswith",)
    autocomplete_fields = ("product",)
    sortable_by: ClassVar = ()
    fieldsets = (
        (
            None,
            {
                "description": "Empty: for every product, at every location.",
                "fields": (("product", "location"), "is_active"),
            },
        ),
        ("When", {"fields": ("service_level", ("review", "review_days"))}),
        (
            "How much",
            {
                "fields": (
                    ("lot_rule", "fixed_quantity"),
                    ("order_cost", "holding_rate"),
                    ("minimum_stock", "maximum_stock"),
                )
            },
        ),
    )

    @admin.display(description="For")
    def scope_column(self, row: ReplenishmentPolicy) -> SafeString:
        """What it holds for."""
        return words.two_lines(row.product or "Every product", row.location or "every location")

    @admin.display(description="Review")
    def review_column(self, row: ReplenishmentPolicy) -> str:
        """When stock is looked at."""
        if row.review == "periodic":
            return f"every {words.count(row.review_days, 'day')}"
        return "always"

    @admin.display(description="Lot")
    def lot_column(self, row: ReplenishmentPolicy) -> str:
        """How much at once."""
        return row.get_lot_rule_display()

    @admin.display(description="State")
    def state_column(self, row: ReplenishmentPolicy) -> SafeString:
        """Whether it proposes."""
        return words.chip("Proposes" if row.is_active else "Never proposes")


def _chosen(
    request: HttpRequest, rows: QuerySet[ReplenishmentProposal]
) -> list[ReplenishmentProposal]:
    chosen = list(rows[: MOST_CHOSEN + 1])
    if len(chosen) > MOST_CHOSEN:
        messages.error(request, f"At most {MOST_CHOSEN} rows at once; narrow the selection.")
        return []
    return chosen


def _made(documents: list[PurchaseOrder | Transfer]) -> SafeString:
    links = format_html_join(
        ", ",
        '<a class="oms-link" href="{}">{}</a>',
        ((_page_of(one), one.number) for one in documents),
    )
    return format_html("Drafted: {}.", links)


def _page_of(document: PurchaseOrder | Transfer) -> str:
    name = document._meta.model_name  # noqa: SLF001
    return reverse(f"admin:inventory_{name}_change", args=[document.pk])
