"""What would come of a merge, beside its form: the one who stays, today and afterwards."""

from collections.abc import Iterable
from importlib import import_module
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.module_loading import import_string

from customers import operations, queries
from customers.enums import ConsentPurpose
from customers.models import Customer, DuplicatePair
from oms import words
from oms.admin import ActForm, actor
from oms.errors import DomainError
from oms.rehearsing import rehearse

NONE = "none"


class Row(NamedTuple):
    """One line of the comparison."""

    label: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether the merge makes a difference here."""
        return self.before != self.after


def sides(pair: DuplicatePair, survivor: str) -> tuple[Customer, Customer]:
    """Who stays, and who is merged into them."""
    if survivor == pair.second.number:
        return pair.second, pair.first
    return pair.first, pair.second


def preview_merge(request: HttpRequest, pair: DuplicatePair, form: ActForm) -> HttpResponse:
    """Merge them, look, and undo it; nothing is kept."""
    stays, goes = sides(pair, form.data.get("survivor", ""))
    before, after, refusal = _standing(stays), {}, ""
    by = actor(request)

    def act() -> dict[str, str]:
        operations.merge(goes, into=stays, by=by, reason="preview")
        return _standing(Customer.objects.select_related("subject", "company").get(pk=stays.pk))

    try:
        after = rehearse(act)
    except DomainError as error:
        refusal = error.detail
    context = {
        "stays": stays,
        "goes": goes,
        "refusal": refusal,
        "rows": [Row(label, said, after.get(label, said)) for label, said in before.items()],
    }
    return TemplateResponse(request, "admin/customers/merge_preview.html", context)


def _standing(customer: Customer) -> dict[str, str]:
    """What a person is to us, in words and without personal data."""
    members = queries.family_of(customer)
    numbers = (
        Customer.objects.filter(pk__in=members).order_by("pk").values_list("number", flat=True)
    )
    ask = import_string(import_module("oms.wiring").ANSWERS["customers.dealings_of"])
    found, wishes = ask(customer.pk), queries.preference_of(customer)
    worth = [words.money(row.value, row.currency) for row in found.lifetime]
    owed = [words.money(amount, code) for code, amount in sorted(found.owed.items())]
    agreed = [row for row in queries.consents_of(customer) if row.granted]
    buyer = queries.buyer_of(customer)
    return {
        "Numbers": _listed(numbers),
        "Orders": str(sum(row.orders for row in found.lifetime)),
        "Lifetime value": _listed(worth),
        "Owes for open orders": _listed(owed),
        "Company": customer.company.name if customer.company else NONE,
        "Role in the company": buyer.get_role_display() if buyer else NONE,
        "Group": customer.group or NONE,
        "Credit limit": NONE if customer.credit_limit is None else f"{customer.credit_limit:,.2f}",
        "Delivery wishes": "some" if queries.delivery_wishes(customer) else NONE,
        "Agreed to": _listed(ConsentPurpose(row.purpose).label for row in agreed),
        "Stopped messages": _listed(queries.message_name(event) for event in wishes.muted),
        "Language of messages": queries.language_name(wishes.language) if wishes.language else NONE,
        "Tags": _listed(queries.tags_of(members)),
    }


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values) or NONE
