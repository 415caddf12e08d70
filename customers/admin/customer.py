"""Customers in the back office; names only for those who may read them."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.views import ChangeList

from customers import operations, queries
from customers.admin.company import standings
from customers.enums import ConsentPurpose
from customers.forms import (
    AddressForm,
    BuyerForm,
    ClassifyForm,
    ConsentForm,
    ContactPreferenceForm,
    CorrectForm,
    DeliveryForm,
    MergeForm,
    TermsForm,
    WithdrawForm,
)
from customers.models import Customer, Disclosure
from customers.operations import BuyerTerms, DeliveryWishes, Party, Reading
from oms import words
from oms.admin import Act, ActForm, ReadOnlyAdmin, actor
from oms.sealed import ERASED

PERSONAL = "customers.view_personal_data"
MASK = "••••••"
READINGS_SHOWN = 20
FOUND = 500  # people that one search may bring

Data = dict[str, Any]


def _correct(request: HttpRequest, customer: Customer, data: Data) -> str:
    reason = data.pop("reason")
    operations.correct(customer, by=actor(request), party=Party(**data), reason=reason)
    return f"{customer} is corrected; orders keep the contact they were placed with."


def _set_terms(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.set_terms(customer, by=actor(request), **data)
    return f"The terms of {customer} are set."


def _classify(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.classify(customer, by=actor(request), **data)
    return f"{customer} is classified."


def _set_buyer(request: HttpRequest, customer: Customer, data: Data) -> str:
    reason = data.pop("reason")
    operations.set_buyer(customer, BuyerTerms(**data), by=actor(request), reason=reason)
    return f"Role and limits of {customer} are set."


def _buyer(customer: Customer) -> Data:
    row = queries.buyer_of(customer)
    names = BuyerTerms.__dataclass_fields__
    return {name: getattr(row, name) for name in names} if row else {}


def _buys_for_company(customer: Customer) -> bool:
    return _lives(customer) and customer.company_id is not None and not customer.merged_into_id


def _add_address(request: HttpRequest, customer: Customer, data: Data) -> str:
    kind = data.pop("kind")
    operations.add_address(customer, by=actor(request), kind=kind, address=data)
    return f"{customer} has a new address."


def _set_delivery_wishes(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.set_delivery_wishes(customer, DeliveryWishes(**data), by=actor(request))
    return f"The delivery wishes of {customer} are noted; new orders carry them."


def _set_contact_preference(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.set_contact_preference(customer, by=actor(request), **data)
    return f"The wishes of {customer} are noted."


def _give_consent(request: HttpRequest, customer: Customer, data: Data) -> str:
    purpose = ConsentPurpose(data.pop("purpose"))
    operations.give_consent(customer, purpose, by=actor(request), **data)
    return f"Consent of {customer} is recorded."


def _withdraw_consent(request: HttpRequest, customer: Customer, data: Data) -> str:
    purpose = ConsentPurpose(data.pop("purpose"))
    row = operations.withdraw_consent(customer, purpose, by=actor(request), **data)
    return "The withdrawal is recorded." if row else "No consent stood; nothing changed."


def _merge(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.merge(customer, by=actor(request), **data)
    return f"{customer} is {data['into']} from now on."


def _undo_merge(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.undo_merge(customer, by=actor(request), **data)
    return f"{customer} stands by itself again."


def _is_merged(customer: Customer) -> bool:
    return customer.merged_into_id is not None


def _may_merge(customer: Customer) -> bool:
    return _lives(customer) and not _is_merged(customer)


def _wishes(customer: Customer) -> Data:
    row = queries.preference_of(customer)
    return {"language": row.language, "muted": row.muted}


def _lives(customer: Customer) -> bool:
    return customer.subject.erased_at is None


CHANGE = "customers.change_customer"
ACTS = (
    Act(
        "correct",
        "Correct",
        PERSONAL,
        _correct,
        form=CorrectForm,
        allowed=_lives,
        help="Replaces the profile. Orders keep the contact that they were placed with.",
        icon="edit",
    ),
    Act(
        "set_terms",
        "Set credit and terms",
        CHANGE,
        _set_terms,
        form=TermsForm,
        allowed=_lives,
        initial=lambda customer: {
            "credit_limit": customer.credit_limit,
            "payment_terms_days": customer.payment_terms_days,
        },
        help="Applies to orders from now on; one that goes over the limit is put on hold.",
        icon="account_balance_wallet",
    ),
    Act(
        "classify",
        "Set group and company",
        CHANGE,
        _classify,
        form=ClassifyForm,
        allowed=_lives,
        initial=lambda customer: {"group": customer.group, "company": customer.company_id},
        icon="sell",
    ),
    Act(
        "set_buyer",
        "Set role and limits",
        CHANGE,
        _set_buyer,
        form=BuyerForm,
        allowed=_buys_for_company,
        initial=_buyer,
        help="What this person may order for the company; beyond it an approver is asked.",
        icon="supervisor_account",
        folded=True,
    ),
    Act(
        "add_address",
        "Add address",
        CHANGE,
        _add_address,
        form=AddressForm,
        allowed=_lives,
        icon="add_location_alt",
        folded=True,
    ),
    Act(
        "set_delivery_wishes",
        "Set delivery wishes",
        CHANGE,
        _set_delivery_wishes,
        form=DeliveryForm,
        allowed=_lives,
        help="Kept with the person's data; new orders carry a copy, shown on the packing slip.",
        icon="local_shipping",
        folded=True,
    ),
    Act(
        "set_contact_preference",
        "Set message wishes",
        CHANGE,
        _set_contact_preference,
        form=ContactPreferenceForm,
        allowed=_lives,
        initial=_wishes,
        help="What the contract demands, such as confirmations, is always sent.",
        icon="notifications_off",
        folded=True,
    ),
    Act(
        "give_consent",
        "Record consent",
        CHANGE,
        _give_consent,
        form=ConsentForm,
        allowed=_lives,
        help="Kept with its words and its source, so that it can be shown.",
        icon="thumb_up",
        folded=True,
    ),
    Act(
        "withdraw_consent",
        "Record withdrawal",
        CHANGE,
        _withdraw_consent,
        form=WithdrawForm,
        allowed=_lives,
        icon="thumb_down",
        folded=True,
    ),
    Act(
        "merge",
        "Merge into another",
        "customers.merge_customer",
        _merge,
        form=MergeForm,
        allowed=_may_merge,
        help="The same person under two numbers. Nothing moves, and it can be undone.",
        icon="merge",
        folded=True,
    ),
    Act(
        "undo_merge",
        "Undo the merge",
        "customers.merge_customer",
        _undo_merge,
        allowed=_is_merged,
        help="Orders placed since the merge stay with the other customer.",
        icon="undo",
    ),
)


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
    list_filter = (GroupFilter,)
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
        return f"{days} days{limit}" if days or limit else "–"

    @admin.display(description="Since")
    def since_column(self, customer: Customer) -> str:
        """When they first ordered."""
        return words.moment(customer.created_at)

    # --- The page -----------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Profile, addresses, orders, credit and who read what."""
        customer = kwargs.get("obj")
        if isinstance(customer, Customer):
            context |= self._page_context(request, customer)
        return super().render_change_form(request, context, *args, **kwargs)

    def _page_context(self, request: HttpRequest, customer: Customer) -> dict[str, Any]:
        may_read = request.user.has_perm(PERSONAL)
        addresses = list(customer.addresses.order_by("pk"))
        opened = _opened(request, customer, addresses) if may_read else []
        readings = Disclosure.objects.filter(subject=customer.subject).order_by("-at")
        shown = list(readings[:READINGS_SHOWN])
        return {
            "title": str(customer),
            "subtitle": None,
            "customer": customer,
            "erased": customer.subject.erased_at is not None,
            "may_read": may_read,
            "profile": opened[0] if opened else {},
            "delivery": queries.wishes_in_words(opened[0].get("delivery", {})) if opened else [],
            "addresses": list(zip(addresses, opened[1:], strict=True)) if opened else [],
            "readings": shown,
            "readers": words.names_of(row.reader for row in shown),
            "audit_url": _url("audit", "customers.customer", customer.number),
            "merged": list(customer.merged.order_by("pk")),
            "wishes": queries.preference_of(customer),
            "consents": queries.consents_of(customer),
            "buyer": queries.buyer_of(customer),
            "company_terms": queries.terms_of(queries.company_of(customer)),
            "standings": standings(request, queries.credit_accounts(customer)),
            **self._dealings(request, customer),
        }

    def _dealings(self, request: HttpRequest, customer: Customer) -> dict[str, Any]:
        """Orders and debts, asked of the app above through the wiring."""
        path = import_module("oms.wiring").ANSWERS.get("customers.dealings_of")
        if path is None or not request.user.has_perm("orders.view_order"):
            return {}
        dealings = import_string(path)(customer.pk)
        orders = [(order, _url("orders_order_change", order.pk)) for order in dealings.orders]
        limit = customer.credit_limit
        owed = [
            (words.money(amount, currency), limit is not None and amount > limit)
            for currency, amount in sorted(dealings.owed.items())
        ]
        lifetime = [
            (words.money(row.value, row.currency), row.orders, row.last)
            for row in dealings.lifetime
        ]
        return {
            "orders": orders,
            "more_orders": dealings.more,
            "owed": owed,
            "lifetime": lifetime,
        }

    def _form(self, request: HttpRequest, act: Act, obj: Model | None) -> ActForm:
        """The correction begins with what is known, whose reading is recorded."""
        personal = {"correct", "set_delivery_wishes"}
        if act.name in personal and isinstance(obj, Customer) and request.method == "GET":
            [profile] = _opened(request, obj, [])
            known = profile if act.name == "correct" else profile.get("delivery", {})
            act = replace(act, initial=lambda _customer: known)
        return super()._form(request, act, obj)


def _opened(request: HttpRequest, customer: Customer, addresses: Sequence[Any]) -> list[Data]:
    """Profile and addresses, their reading recorded together."""
    what = f"customers.customer {customer.number}"
    subject = customer.subject
    profile = Reading(subject, customer.profile, queries.PROFILE, what)
    kept = [Reading(subject, row.sealed, queries.ADDRESS, f"{what} address") for row in addresses]
    return operations.disclose_all([profile, *kept], by=actor(request))


def _url(page: str, *args: object) -> str:
    """Address of a page that another app may or may not bring."""
    try:
        return reverse(f"admin:{page}", args=args)
    except NoReverseMatch:
        return ""
