"""Companies in the back office: where they stand, who buys for them, what they may owe."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from customers import operations, queries
from customers.forms import CompanyTermsForm
from customers.models import Company, PaymentTerms
from customers.operations import CompanyTerms
from customers.queries import CreditAccount
from oms import words
from oms.admin import Act, EditableAdmin, actor

PERSONAL = "customers.view_personal_data"
PEOPLE_SHOWN = 50

Data = dict[str, Any]


def standings(request: HttpRequest, accounts: Iterable[CreditAccount]) -> list[Any]:
    """What these accounts owe, asked of the app above through the wiring."""
    path = import_module("oms.wiring").ANSWERS.get("customers.standing_of")
    if path is None or not request.user.has_perm("orders.view_order"):
        return []
    return [each for account in accounts for each in import_string(path)(account)]


def _set_terms(request: HttpRequest, company: Company, data: Data) -> str:
    reason = data.pop("reason")
    operations.set_company_terms(company, CompanyTerms(**data), by=actor(request), reason=reason)
    return f"{company} has new terms; they count for orders from now on."


def _terms(company: Company) -> Data:
    return {name: getattr(company, name) for name in CompanyTerms.__dataclass_fields__}


@admin.register(Company)
class CompanyAdmin(EditableAdmin):
    """Businesses that buy."""

    acts = (
        Act(
            "set_company_terms",
            "Set parent, credit and terms",
            "customers.change_company",
            _set_terms,
            form=CompanyTermsForm,
            initial=_terms,
            help="Counts for orders from now on. Orders that wait for credit are looked at again "
            "within seconds.",
            icon="account_tree",
        ),
    )
    change_form_outer_before_template = "admin/customers/company.html"
    list_empty = "Add a company to sell to it on account, within a credit limit."

    list_display = ("code", "name", "parent", "limit_column", "terms", "tax_id")
    list_select_related = ("parent", "terms")
    search_fields = ("code__exact", "name__istartswith", "tax_id__exact")
    search_help_text = "Code, beginning of the name, tax ID"
    fields = (("code", "name"), ("tax_id", "is_active"))
    ordering = ("name",)
    sortable_by: ClassVar = ()

    @admin.display(description="Credit limit")
    def limit_column(self, company: Company) -> str:
        """Its own, or whose it uses."""
        if not company.is_active:
            return "not on account"
        if company.shares_credit:
            return "of its parent"
        if company.credit_limit is None:
            return "–"
        return words.money(company.credit_limit, company.credit_currency)

    def render_change_form(
        self, request: HttpRequest, context: Data, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form below what there is to know."""
        company = kwargs.get("obj")
        if isinstance(company, Company):
            context |= self._shown(request, company)
        return super().render_change_form(request, context, *args, **kwargs)

    def _shown(self, request: HttpRequest, company: Company) -> Data:
        account = queries.account_of(company)
        return {
            "company": company,
            "people": self._people(request, company),
            "more_people": company.customers.count() > PEOPLE_SHOWN,
            "standings": standings(request, [account] if account else []),
            "terms": queries.terms_of(company),
            "approvers": queries.approvers_of(company),
            "tree": queries.tree_of(company),
            "needs_number": any(row.needs_purchase_order for row in queries.line_of(company)),
        }

    def _people(self, request: HttpRequest, company: Company) -> list[tuple[Any, str]]:
        rows: QuerySet[Any] = company.customers.select_related("subject", "buyer")
        people = list(rows.order_by("pk")[:PEOPLE_SHOWN])
        names: dict[int, str] = {}
        if people and request.user.has_perm(PERSONAL):
            what = f"people of company {company.code}"
            names = operations.disclose_names(people, by=actor(request), what=what)
        return [(row, names.get(row.pk, "")) for row in people]


@admin.register(PaymentTerms)
class PaymentTermsAdmin(EditableAdmin):
    """When invoices are to be paid."""

    list_empty = "Add payment terms, such as net 30 days, for companies and channels."
    list_display = ("name", "code", "kind", "days", "discount_column", "is_active")
    ordering = ("name",)
    sortable_by: ClassVar = ()
    fields = (
        ("name", "code"),
        ("kind", "days"),
        ("discount_percent", "discount_days"),
        "is_active",
    )

    @admin.display(description="Discount")
    def discount_column(self, terms: PaymentTerms) -> str:
        """How much for paying how soon."""
        if not terms.discount_percent:
            return "–"
        return f"{terms.discount_percent.normalize():f} % within {words.count(terms.discount_days, 'day')}"
