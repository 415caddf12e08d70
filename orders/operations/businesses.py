"""Orders of companies while they are placed: number, terms, credit and what their buyers may."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from customers import operations as customer_operations
from customers import queries as customers
from customers.queries import CreditAccount
from orders.enums import PaymentMethod
from orders.models import Business, Channel, Order
from orders.operations.drafts import Draft
from orders.queries.exposure import Exposure, exposure_of
from orders.queries.spending import Spending, spending_of
from orders.queries.terms import repeated_in, terms_for

if TYPE_CHECKING:
    from customers.models import Company, Customer

Known = dict[int, "tuple[Company | None, list[CreditAccount]]"]
REPEATED = "repeated-po"  # tag of an order that goes on though its number was used before


@dataclass(slots=True)
class Books:
    """What a batch of orders owes and orders as it is worked out, one order after the other."""

    exposures: dict[tuple[str, int, str], Exposure] = field(default_factory=dict)
    spent: dict[tuple[int, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    numbers: dict[tuple[int, str], str] = field(default_factory=dict)

    def standing(self, accounts: Iterable[CreditAccount], currency: str) -> tuple[Exposure, ...]:
        """What these accounts owe, earlier orders of the batch counted."""
        return tuple(self._exposure(account, currency) for account in accounts)

    def owe(self, accounts: Iterable[CreditAccount], currency: str, amount: Decimal) -> None:
        """Count an order that keeps within its credit."""
        for account in accounts:
            key = (account.kind, account.pk, currency)
            self.exposures[key] = self._exposure(account, currency).more(amount)

    def _exposure(self, account: CreditAccount, currency: str) -> Exposure:
        key = (account.kind, account.pk, currency)
        if key not in self.exposures:
            self.exposures[key] = exposure_of(account, currency)
        return self.exposures[key]


def describe(channel: Channel, drafts: Sequence[Draft]) -> None:
    """Write down for whom each order is bought, by which number and on which terms.

    Private buyers of a channel without terms cost no statement.
    """
    known: Known = {}
    for draft in drafts:
        buyer, number = draft.order.customer, draft.placed.purchase_order_number.strip()
        company, draft.accounts = _of(buyer, known) if buyer else (None, [])
        terms = terms_for(buyer, company, channel)
        if company or terms or number:
            draft.business = Business(company=company, purchase_order_number=number, terms=terms)


def lock_credit(drafts: Iterable[Draft]) -> None:
    """Let one order on account after the other use an account's credit, until the commit."""
    owing = [draft for draft in drafts if is_on_account(draft)]
    accounts = [account for draft in owing for account in draft.accounts]
    if accounts:
        customer_operations.lock_accounts(accounts)


def is_on_account(draft: Draft) -> bool:
    """Whether somebody promised to pay the order later, by the terms."""
    return any(row.method == PaymentMethod.ON_ACCOUNT for row in draft.payments)


def repeats(draft: Draft, books: Books) -> str:
    """Number of an order in which the same company used the same purchase order number."""
    row = draft.business
    if row is None or row.company is None or not row.purchase_order_number:
        return ""
    key = (row.company.pk, row.purchase_order_number)
    found = books.numbers.get(key) or repeated_in(row)
    books.numbers.setdefault(key, draft.order.number)
    return found


def spending(draft: Draft, books: Books) -> Spending | None:
    """What the buyer may spend for their company, earlier orders of the batch counted."""
    row, order = draft.business, draft.order
    if row is None or row.company is None or order.customer is None:
        return None
    found = spending_of(customers.buyer_of(order.customer), order.currency, order.placed_at)
    more = books.spent[order.customer.pk, order.currency]
    return replace(found, spent=found.spent + more) if found else None


def spending_without(order: Order, row: Business | None) -> Spending | None:
    """What the buyer of a placed order may spend, that order left out of what was spent."""
    if row is None or row.company is None or order.customer is None:
        return None
    buyer = customers.buyer_of(order.customer)
    return spending_of(buyer, order.currency, order.placed_at, without=order.pk)


def needs_number(row: Business) -> bool:
    """Whether the company, or one above it, wants a purchase order number on every order."""
    return any(each.needs_purchase_order for each in customers.line_of(row.company))


def _of(buyer: "Customer", known: Known) -> "tuple[Company | None, list[CreditAccount]]":
    if buyer.company_id is None and buyer.credit_limit is None:
        return None, []
    if buyer.pk not in known:
        known[buyer.pk] = customers.company_of(buyer), customers.credit_accounts(buyer)
    return known[buyer.pk]
