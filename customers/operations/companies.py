"""Acts on companies, the people who buy for them, and whose credit they use."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from customers.enums import BuyerRole, RepeatedNumber
from customers.models import Buyer, Company, Customer, PaymentTerms
from customers.queries.companies import DEEPEST, CreditAccount, line_of
from oms import events
from oms.errors import DomainError, InvalidInput
from oms.history import stamp


class CompanyCircle(InvalidInput):
    """A company cannot stand above itself."""

    code = "company_circle"
    message = "{company} stands above {parent} already; it cannot also stand below it."


class CompanyTermsImpossible(InvalidInput):
    """Terms that contradict each other."""

    code = "company_terms_impossible"
    message = "{reason}"


class BuysForNobody(DomainError):
    """Roles and limits are about buying for a company."""

    code = "buys_for_nobody"
    message = "{number} buys for no company; say first for which."


@dataclass(frozen=True, slots=True)
class CompanyTerms:
    """Where a company stands and how it buys; `credit_limit` is in `credit_currency`."""

    parent: Company | None = None
    credit_limit: Decimal | None = None
    credit_currency: str = ""
    shares_credit: bool = False
    terms: PaymentTerms | None = None
    needs_purchase_order: bool = False
    repeated_number: str = RepeatedNumber.HOLD.value


@dataclass(frozen=True, slots=True)
class BuyerTerms:
    """What a person may order for their company, in the currency of the orders; none: anything."""

    role: str = BuyerRole.BUYER.value
    order_limit: Decimal | None = None
    period_limit: Decimal | None = None
    period_days: int = 30


@transaction.atomic
def set_company_terms(company: Company, given: CompanyTerms, *, by: str, reason: str) -> Company:
    """Say where a company stands, what it may owe and on which terms it buys.

    Applies to orders from now on; what waits for credit is looked at again within seconds. Raises
    CompanyCircle, and CompanyTermsImpossible for a limit without currency, below zero, or beside a
    shared one. Both companies of a new bond are locked, so that two people cannot close a circle.
    """
    company = lock_line(company, given.parent)
    _refuse(company, given)

    for name in CompanyTerms.__dataclass_fields__:
        setattr(company, name, getattr(given, name))
    stamp(company, by=by, reason=reason)
    company.save()
    events.record(
        "company.terms_set",
        company,
        by=by,
        reason=reason,
        parent=given.parent.code if given.parent else "",
        terms=given.terms.code if given.terms else "",
        credit_limit=None if given.credit_limit is None else str(given.credit_limit),
        credit_currency=given.credit_currency,
        shares_credit=given.shares_credit,
    )
    return company


@transaction.atomic
def set_buyer(customer: Customer, given: BuyerTerms, *, by: str, reason: str) -> Buyer:
    """Say what a person may order for their company. Raises BuysForNobody."""
    customer = Customer.objects.lock_one(customer.pk)
    if customer.company_id is None:
        raise BuysForNobody(number=customer.number)

    row = Buyer.objects.filter(customer=customer).first() or Buyer(customer=customer)
    for name, value in asdict(given).items():
        setattr(row, name, value)
    row.full_clean(exclude=["customer"])
    stamp(row, by=by, reason=reason)
    row.save()
    facts: dict[str, Any] = {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(given).items()
    }
    events.record("customer.buyer_set", customer, by=by, reason=reason, **facts)
    return row


def lock_accounts(accounts: Iterable[CreditAccount], *, buyers: Iterable[Buyer] = ()) -> None:
    """Let one order after the other use the credit of these accounts and these buyers' limits.

    Until the transaction ends. Companies before customers, each in key order and all in one call,
    so that no two callers wait in a circle; between an order's row and stock levels in the order of
    locks. Rows that point to them are not kept waiting.
    """
    found = {(account.kind, account.pk) for account in accounts}
    found |= {("customer", buyer.customer_id) for buyer in buyers}
    for kind, table in (("company", Company), ("customer", Customer)):
        if keys := sorted(pk for each, pk in found if each == kind):
            rows = table.objects.filter(pk__in=keys).order_by("pk")  # type: ignore[attr-defined]
            list(rows.select_for_update(no_key=True).values_list("pk"))


def lock_line(company: Company, parent: Company | None) -> Company:
    """Lock a company with those it would stand below, in key order, and return it freshly read."""
    keys = {company.pk, *(each.pk for each in line_of(parent))}
    rows = {row.pk: row for row in Company.objects.lock(*keys)}
    return rows[company.pk]


def _refuse(company: Company, given: CompanyTerms) -> None:
    above = [each.pk for each in line_of(given.parent)]
    if company.pk in above:
        raise CompanyCircle(pointer="/parent", company=company.name, parent=str(given.parent))
    limit, reason, pointer = given.credit_limit, "", "/credit_limit"
    if len(above) >= DEEPEST:
        reason, pointer = f"Companies stand at most {DEEPEST} deep.", "/parent"
    elif limit is not None and limit < 0:
        reason = "A credit limit is not negative."
    elif limit is not None and not given.credit_currency:
        reason, pointer = "Say in which currency the limit is.", "/credit_currency"
    elif given.shares_credit and limit is not None:
        reason = "A company has a limit of its own, or uses its parent's."
    elif given.shares_credit and given.parent is None:
        reason, pointer = "Without a parent there is no limit to share.", "/shares_credit"
    if reason:
        raise CompanyTermsImpossible(pointer=pointer, reason=reason)
