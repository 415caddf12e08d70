"""Companies as a tree: who belongs to whom, on which terms they buy, and within whose limit."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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


@dataclass(frozen=True, slots=True)
class BuysFor:
    """For whom a person buys and what limits them; empty for who buys for nobody else."""

    line: tuple[Company, ...] = ()  # the company and those above it, the nearest first
    accounts: tuple[CreditAccount, ...] = ()  # whose limits an order on account must keep
    buyer: Buyer | None = None  # what they may spend for the company

    @property
    def company(self) -> Company | None:
        """The company itself."""
        return self.line[0] if self.line else None

    @property
    def limited(self) -> Buyer | None:
        """The buyer's row where it limits what they may order for the company."""
        buyer = self.buyer
        if buyer is None or buyer.role == BuyerRole.APPROVER or not self.line:
            return None
        is_free = buyer.order_limit is None and buyer.period_limit is None
        return None if is_free else buyer


NOBODY = BuysFor()


def lines_of(company_ids: Iterable[int]) -> dict[int, tuple[Company, ...]]:
    """Companies with those above them, the nearest first; one statement a generation for all."""
    ids, found = set(company_ids), dict[int, Company]()
    missing = ids
    while missing:
        rows = list(Company.objects.select_related("terms").filter(pk__in=missing))
        found |= {row.pk: row for row in rows}
        missing = {row.parent_id for row in rows if row.parent_id} - found.keys()
    return {pk: tuple(_upwards(found, pk)) for pk in ids if pk in found}


def line_of(company: Company | None) -> list[Company]:
    """A company and those above it, the nearest first; one statement a generation."""
    if company is None:
        return []
    above = lines_of([company.parent_id]) if company.parent_id else {}
    return [company, *above.get(company.parent_id or 0, ())]


def buys_for(people: Iterable[Customer]) -> dict[int, BuysFor]:
    """For whom each of these people buys, by their ids.

    The statements are as many as companies stand above one another, not as there are people; for
    people without company and limit there is none.
    """
    roots = _roots(people)
    lines = lines_of(root.company_id for root in roots.values() if root.company_id)
    owners = {pk: owner for pk, line in lines.items() if (owner := _owner(line))}
    of_companies = _of_companies(owners.values())
    of_people = _of_people(root for root in roots.values() if root.credit_limit is not None)
    buyers = _buyers(root.pk for root in roots.values() if root.company_id)
    found = {}
    for pk, root in roots.items():
        owner = owners.get(root.company_id or 0)
        accounts = [of_companies[owner.pk]] if owner else []
        accounts += [of_people[root.pk]] if root.pk in of_people else []
        line = lines.get(root.company_id or 0, ())
        found[pk] = BuysFor(line, tuple(accounts), buyers.get(root.pk))
    return found


def company_by_code(code: str) -> Company | None:
    """The company with this code, or none."""
    return Company.objects.filter(code=code).first()


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
    return list(buys_for([customer])[customer.pk].accounts)


def account_of(company: Company) -> CreditAccount | None:
    """The account within which a company buys, or none."""
    owner = _owner(line_of(company))
    return _of_companies([owner])[owner.pk] if owner else None


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


def _upwards(found: Mapping[int, Company], pk: int | None) -> Iterable[Company]:
    for _ in range(DEEPEST):
        if pk is None:
            return
        yield found[pk]
        pk = found[pk].parent_id


def _roots(people: Iterable[Customer]) -> dict[int, Customer]:
    people = list(people)
    merged = {row.merged_into_id for row in people if row.merged_into_id}
    survivors = Customer.objects.in_bulk(merged) if merged else {}
    return {row.pk: survivors.get(row.merged_into_id, row) for row in people}


def _owner(line: Iterable[Company]) -> Company | None:
    """Whose limit counts: the company's own, or along those that share, the parent's.

    A company that is not sold to on account any more has none of any other's: its limit is nothing.
    """
    for each in line:
        if not each.is_active:
            return each
        if not each.shares_credit:
            return each if each.credit_limit is not None else None
    return None


def _of_companies(companies: Iterable[Company]) -> dict[int, CreditAccount]:
    """The account of each company that has a limit, with everybody who buys within it."""
    owners = {row.pk: row for row in companies}
    if not owners:
        return {}
    owners_of = _sharing(owners)
    members: dict[int, set[int]] = defaultdict(set)
    living = Customer.objects.filter(company__in=owners_of, merged_into=None)
    merged = Customer.objects.filter(merged_into__company__in=owners_of)
    for rows, name in ((living, "company"), (merged, "merged_into__company")):
        known: Iterable[Any] = rows.values_list("pk", name)
        for pk, company in known:
            for owner in owners_of[company]:
                members[owner].add(pk)
    return {
        pk: CreditAccount(
            "company",
            pk,
            row.name,
            Decimal((row.credit_limit or 0) if row.is_active else 0),
            row.credit_currency if row.is_active else "",
            frozenset(members[pk]),
        )
        for pk, row in owners.items()
    }


def _sharing(owner_ids: Iterable[int]) -> dict[int, set[int]]:
    """Companies that buy within the limit of these, themselves included, each with whose it is."""
    owners_of: dict[int, set[int]] = {pk: {pk} for pk in owner_ids}
    level: Collection[int] = list(owners_of)
    while level:
        rows = Company.objects.filter(parent__in=level, shares_credit=True)
        below: dict[Any, Any] = dict(rows.values_list("pk", "parent"))
        level = []
        for pk, parent in below.items():
            known = owners_of.setdefault(pk, set())
            if owners_of[parent] - known:
                known |= owners_of[parent]
                level.append(pk)
    return owners_of


def _of_people(roots: Iterable[Customer]) -> dict[int, CreditAccount]:
    """The account of each person who has a limit, with those who were merged into them."""
    people = {root.pk: root for root in roots}
    if not people:
        return {}
    members = {pk: {pk} for pk in people}
    merged = Customer.objects.filter(merged_into__in=people).values_list("pk", "merged_into")
    pointers: Iterable[Any] = merged
    for pk, root in pointers:
        members[root].add(pk)
    return {
        pk: CreditAccount(
            "customer", pk, row.number, Decimal(row.credit_limit or 0), "", frozenset(members[pk])
        )
        for pk, row in people.items()
    }


def _buyers(customer_ids: Iterable[int]) -> dict[int, Buyer]:
    ids = set(customer_ids)
    rows = Buyer.objects.filter(customer__in=ids) if ids else ()
    return {row.customer_id: row for row in rows}
