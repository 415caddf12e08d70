"""Orders of companies while they are placed: number, terms, credit and what their buyers may.

What a batch needs is read for all of its orders at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.utils import timezone

from customers import operations as customer_operations
from customers import queries as customers
from customers.queries import NOBODY, BuysFor, CreditAccount
from orders.enums import PaymentMethod
from orders.models import Business, Channel, Order
from orders.operations.drafts import Draft
from orders.queries.exposure import Exposure, exposures_of
from orders.queries.spending import Spending, spending_of
from orders.queries.terms import number_of, repeated_among, terms_for

if TYPE_CHECKING:
    from customers.models import Buyer

REPEATED = "repeated-po"  # tag of an order that goes on though its number was used before


@dataclass(slots=True)
class Books:
    """What a batch of orders owes and orders as it is worked out, one order after the other."""

    exposures: dict[tuple[str, int, str], Exposure] = field(default_factory=dict)
    spending: dict[tuple[int, str], Spending] = field(default_factory=dict)
    numbers: dict[tuple[int, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, drafts: Sequence[Draft]) -> "Books":
        """As everything stands before the batch; private orders cost no statement."""
        books = cls()
        for currency, accounts in _by_currency(drafts).items():
            for each in exposures_of(accounts.values(), currency):
                books.exposures[each.account.kind, each.account.pk, currency] = each
        for currency, buyers in _limited(drafts).items():
            found = spending_of(buyers.values(), currency, timezone.now())
            books.spending |= {(pk, currency): each for pk, each in found.items()}
        books.numbers = repeated_among(draft.business for draft in drafts if draft.business)
        return books

    def standing(self, draft: Draft) -> tuple[Exposure, ...]:
        """What those who are liable for it owe, earlier orders of the batch counted."""
        return tuple(self.exposures[key] for key in _accounts(draft))

    def owe(self, draft: Draft) -> None:
        """Count an order that keeps within its credit."""
        for key in _accounts(draft):
            self.exposures[key] = self.exposures[key].more(draft.order.total)

    def limits(self, draft: Draft) -> Spending | None:
        """What its buyer may spend for the company, earlier orders of the batch counted."""
        buyer = draft.buys_for.limited
        return self.spending[buyer.customer_id, draft.order.currency] if buyer else None

    def spend(self, draft: Draft) -> None:
        """Count an order that keeps within its buyer's limits."""
        if (buyer := draft.buys_for.limited) is not None:
            key, total = (buyer.customer_id, draft.order.currency), draft.order.total
            self.spending[key] = replace(self.spending[key], spent=self.spending[key].spent + total)

    def repeats(self, draft: Draft) -> str:
        """Number of an order in which the same company used the same purchase order number."""
        key = number_of(draft.business)
        if key is None:
            return ""
        found = self.numbers.get(key, "")
        self.numbers.setdefault(key, draft.order.number)
        return found


def describe(channel: Channel, drafts: Sequence[Draft]) -> None:
    """Write down for whom each order is bought, by which number and on which terms.

    Private buyers of a channel without terms cost no statement.
    """
    people = {d.order.customer.pk: d.order.customer for d in drafts if d.order.customer}
    found = customers.buys_for(people.values())
    for draft in drafts:
        buyer, number = draft.order.customer, draft.placed.purchase_order_number.strip()
        draft.buys_for = found[buyer.pk] if buyer else NOBODY
        terms = terms_for(buyer, draft.buys_for.line, channel)
        if draft.buys_for.line or terms or number:
            company = draft.buys_for.company
            draft.business = Business(company=company, purchase_order_number=number, terms=terms)


def lock_credit(drafts: Sequence[Draft]) -> None:
    """Let one order after the other use an account's credit and a buyer's limits, until the commit.

    Credit is used by orders on account only, limits by whatever is bought for a company.
    """
    accounts = [each for d in drafts if is_on_account(d) for each in d.buys_for.accounts]
    buyers = [buyer for d in drafts if (buyer := d.buys_for.limited)]
    if accounts or buyers:
        customer_operations.lock_accounts(accounts, buyers=buyers)


def is_on_account(draft: Draft) -> bool:
    """Whether somebody promised to pay the order later, by the terms."""
    return any(row.method == PaymentMethod.ON_ACCOUNT for row in draft.payments)


def spending_without(order: Order, row: Business | None) -> Spending | None:
    """What the buyer of a placed order may spend now, that order left out of what was spent."""
    if row is None or row.company is None or order.customer is None:
        return None
    buyer = customers.buys_for([order.customer])[order.customer.pk].limited
    if buyer is None:
        return None
    found = spending_of([buyer], order.currency, timezone.now(), without=order.pk)
    return found[buyer.customer_id]


def needs_number(buys_for: BuysFor) -> bool:
    """Whether the company, or one above it, wants a purchase order number on every order."""
    return any(each.needs_purchase_order for each in buys_for.line)


def _accounts(draft: Draft) -> Iterator[tuple[str, int, str]]:
    for account in draft.buys_for.accounts if is_on_account(draft) else ():
        yield account.kind, account.pk, draft.order.currency


def _by_currency(drafts: Sequence[Draft]) -> dict[str, dict[tuple[str, int], CreditAccount]]:
    found: dict[str, dict[tuple[str, int], CreditAccount]] = defaultdict(dict)
    for draft in drafts:
        for account in draft.buys_for.accounts if is_on_account(draft) else ():
            found[draft.order.currency][account.kind, account.pk] = account
    return found


def _limited(drafts: Sequence[Draft]) -> dict[str, dict[int, "Buyer"]]:
    found: dict[str, dict[int, Buyer]] = defaultdict(dict)
    for draft in drafts:
        if (buyer := draft.buys_for.limited) is not None:
            found[draft.order.currency][buyer.customer_id] = buyer
    return found
