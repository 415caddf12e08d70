"""Companies as a tree: who belongs to whom, on which terms they buy, and within whose limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from customers.enums import BuyerRole
from customers.models import Buyer, Company, Customer, PaymentTerms
from customers.queries.merging import root_of

DEEPEST = 20  # companies above one another; no group has more


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """Who owes together: a customer, or a company with everybody who buys within its limit.

    `limit` is in `currency`; an empty currency means each order's own.
    """

    kind: str  # company or customer
    pk: int
    name: str  # what pages call it; a company's name or a customer's number, nothing personal
    limit: Decimal
    currency: str
    members: frozenset[int]  # customers, those merged into them included


def line_of(company: Company | None) -> list[Company]:
    """A company and those above it, the nearest first; one statement a generation."""
    found: list[Company] = []
    while company is not None and len(found) < DEEPEST:
        found.append(company)
        company = (
            Company.objects.select_related("terms").filter(pk=company.parent_id).first()
            if company.parent_id
            else None
        )
    return found


def company_of(customer: Customer) -> Company | None:
    """The company that a person buys for today."""
    root = root_of(customer)
    if root.company_id is None:
        return None
    return Company.objects.select_related("terms").get(pk=root.company_id)


def terms_of(company: Company | None) -> PaymentTerms | None:
    """The terms of a company, else of the nearest one above it that has any."""
    return next((each.terms for each in line_of(company) if each.terms), None)


def credit_accounts(customer: Customer) -> list[CreditAccount]:
    """Whose limits an order on account of this customer must keep; none where none are set."""
    root, found = root_of(customer), []
    if root.company_id is not None and (owner := _owner(company_of(root))):
        found.append(_of_company(owner))
    if root.credit_limit is not None:
        merged = Customer.objects.filter(merged_into=root).values_list("pk", flat=True)
        members = frozenset([root.pk, *merged])
        limit = Decimal(root.credit_limit)
        found.append(CreditAccount("customer", root.pk, root.number, limit, "", members))
    return found


def account_of(company: Company) -> CreditAccount | None:
    """The account within which a company buys, or none."""
    owner = _owner(company)
    return _of_company(owner) if owner else None


def sharing(owner: Company) -> list[int]:
    """Ids of the companies that buy within the limit of this one, itself first."""
    found, level = [owner.pk], [owner.pk]
    while level:
        rows = Company.objects.filter(parent__in=level, shares_credit=True).exclude(pk__in=found)
        level = list(rows.order_by("pk").values_list("pk", flat=True))
        found += level
    return found


def buyer_of(customer: Customer) -> Buyer | None:
    """What a person may order for their company; none where nobody set limits."""
    return Buyer.objects.filter(customer=root_of(customer)).first()


def approvers_of(company: Company | None) -> list[Customer]:
    """Living people who approve orders for a company: its own, else those of the nearest above."""
    for each in line_of(company):
        rows = Customer.objects.filter(
            company=each,
            merged_into=None,
            buyer__role=BuyerRole.APPROVER,
            subject__erased_at=None,
        )
        if found := list(rows.select_related("subject").order_by("pk")):
            return found
    return []


def tree_of(company: Company) -> list[tuple[int, Company]]:
    """The whole tree that a company stands in, each with its depth, parents before children."""
    return _below(line_of(company)[-1], 0)


def _below(company: Company, depth: int) -> list[tuple[int, Company]]:
    found = [(depth, company)]
    if depth < DEEPEST:
        for child in company.children.order_by("name"):
            found += _below(child, depth + 1)
    return found


def _owner(company: Company | None) -> Company | None:
    """Whose limit counts: the company's own, or along those that share, the parent's."""
    for each in line_of(company):
        if not each.shares_credit:
            return each if each.credit_limit is not None else None
    return None


def _of_company(owner: Company) -> CreditAccount:
    ids: Iterable[int] = sharing(owner)
    rows = Customer.objects.filter(
        Q(company__in=ids, merged_into=None) | Q(merged_into__company__in=ids)
    )
    return CreditAccount(
        "company",
        owner.pk,
        owner.name,
        Decimal(owner.credit_limit or 0),
        owner.credit_currency,
        frozenset(rows.values_list("pk", flat=True)),
    )
