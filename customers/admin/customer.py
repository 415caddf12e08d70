"""Customers in the back office; names only for those who may read them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.views import ChangeList

from customers import operations, queries
from customers.admin.acts import ACTS, PERSONAL
from customers.admin.page import opened, page_of
from customers.models import Customer
from oms import words
from oms.admin import Act, ActForm, ReadOnlyAdmin, actor
from oms.sealed import ERASED

MASK = "••••••"
FOUND = 500  # people that one search may bring


class CustomerChangeList(ChangeList):
    """Opens the names of one page at once, and records the reading in one statement."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of customers, each with a name to show."""
        super().get_results(request)
        customers = list(self.result_list)
        names = _names(request, customers)
        for customer in customers:
            customer.shown = names.get(customer.pk, MASK)  # type: ignore[attr-defined]
        self.result_list = customers  # type: ignore[assignment]


def _names(request: HttpRequest, customers: Sequence[Customer]) -> dict[int, str]:
    if not customers or not request.user.has_perm(PERSONAL):
        return {}
    return operations.disclose_names(customers, by=actor(request), what="list of customers")


class GroupFilter(DropdownFilter):
    """Customers of a group."""

    title = "group"
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The groups there are."""
        rows = Customer.objects.exclude(group="").order_by("group")
        return [(group, group) for group in rows.values_list("group", flat=True).distinct()[:50]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows of the chosen group."""
        return queryset.filter(group=self.value()) if self.value() else queryset


class TagFilter(DropdownFilter):
    """Customers with a tag, under whichever of their numbers they have it."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The tags there are."""
        return [(tag, tag) for tag in queries.tags_in_use()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows with the chosen tag."""
        chosen = self.value()
        return queryset.filter(pk__in=queries.tagged(chosen).values("pk")) if chosen else queryset


class SegmentFilter(DropdownFilter):
    """Customers in a segment now."""

    title = "segment"
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The segments there are."""
        return list(queries.segment_choices())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows of its members."""
        code = self.value()
        return queries.in_segment(queryset, code) if code else queryset


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """The list finds people by exact words through the blind index; the page says all of one."""

    list_empty = "Customers come with their first order; nobody needs to enter them."

    acts = ACTS
    list_display = (
        "number_column",
        "name_column",
        "company",
        "group",
        "terms_column",
        "since_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("subject", "company")
    list_filter = (SegmentFilter, GroupFilter, TagFilter)
    list_filter_submit = True
    search_fields = ("number",)
    search_help_text = "Number; or the whole e-mail address, phone number or words of a name"
    sortable_by: ClassVar = ()
    change_form_template = "admin/customers/customer/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Customers with the person behind them."""
        return super().get_queryset(request).select_related("subject", "company", "merged_into")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that opens its names at once."""
        return CustomerChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By number, or by exact words for those who may read what they search for."""
        term = search_term.strip()
        if not term:
            return queryset, False
        by_number = queryset.filter(number=term.upper())
        if by_number.exists() or not request.user.has_perm(PERSONAL):
            return by_number, False
        people = queries.find_subjects(term).order_by("-pk").values_list("pk", flat=True)
        return queryset.filter(subject__in=list(people[:FOUND])), False

    # --- The list -----------------------------------------------------------------------------

    @admin.display(description="Customer")
    def number_column(self, customer: Customer) -> SafeString:
        """The number."""
        return format_html('<b class="oms-strong">{}</b>', customer.number)

    @admin.display(description="Name")
    def name_column(self, customer: Customer) -> SafeString | str:
        """The name, a mask, or that it was erased."""
        name = customer.shown  # type: ignore[attr-defined]
        return format_html('<span class="oms-erased">{}</span>', name) if name == ERASED else name

    @admin.display(description="Terms")
    def terms_column(self, customer: Customer) -> str:
        """Days to pay, and the limit."""
        days = customer.payment_terms_days
        limit = "" if customer.credit_limit is None else f", limit {customer.credit_limit:.2f}"
        return f"{words.count(days, 'day')}{limit}" if days or limit else "–"

    @admin.display(description="Since")
    def since_column(self, customer: Customer) -> str:
        """When they first ordered."""
        return words.moment(customer.created_at)

    # --- The page -----------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Profile, dealings, timeline, credit and who read what."""
        customer = kwargs.get("obj")
        if isinstance(customer, Customer):
            context |= page_of(request, customer)
        return super().render_change_form(request, context, *args, **kwargs)

    def _form(self, request: HttpRequest, act: Act, obj: Model | None) -> ActForm:
        """The correction begins with what is known, whose reading is recorded."""
        personal = {"correct", "set_delivery_wishes"}
        if act.name in personal and isinstance(obj, Customer) and request.method == "GET":
            [profile] = opened(request, obj, [])
            known = profile if act.name == "correct" else profile.get("delivery", {})
            act = replace(act, initial=lambda _customer: known)
        return super()._form(request, act, obj)
