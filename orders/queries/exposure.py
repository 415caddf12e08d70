"""What a customer or a company owes us, and how much more they may owe.

Exposure = what is left of invoices + what is confirmed or on its way there and not invoiced
- credit that nobody has used yet. Orders that wait for credit themselves take up none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.db.models import Exists, OuterRef, Sum
from django.utils.module_loading import import_string

from customers.queries import CreditAccount
from oms.money import ZERO, plain
from orders.enums import CreditKind, HoldKind
from orders.models import Hold, Order, StoreCredit
from orders.queries.balance import balances

AT_ONCE = 5_000  # open orders of one account whose money is added up


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an account owes, in the currency of its limit."""

    account: CreditAccount
    currency: str
    invoiced: Decimal = ZERO  # left to pay of issued invoices, less credit notes
    ordered: Decimal = ZERO  # of open orders, not invoiced yet
    credit: Decimal = ZERO  # paid too much, or given as store credit
    orders: int = 0

    @property
    def owed(self) -> Decimal:
        """Invoiced and ordered, less unused credit; never below zero."""
        return max(self.invoiced + self.ordered - self.credit, ZERO)

    @property
    def free(self) -> Decimal:
        """What may still be ordered on account; negative beyond the limit."""
        return self.account.limit - self.owed

    def more(self, amount: Decimal) -> "Exposure":
        """As it is with another order of this amount."""
        return replace(self, ordered=self.ordered + amount, orders=self.orders + 1)

    @property
    def is_over(self) -> bool:
        """Whether more is owed than the limit, or in a currency for which there is none."""
        foreign = self.account.currency not in {"", self.currency}
        return self.free < 0 or (foreign and self.owed > 0)

    @property
    def figures(self) -> dict[str, Any]:
        """Plain values, as a hold keeps and a page shows them."""
        amounts = {
            "limit": self.account.limit,
            "owed": self.owed,
            "invoiced": self.invoiced,
            "ordered": self.ordered,
            "credit": self.credit,
        }
        told = {name: plain(amount, self.currency) for name, amount in amounts.items()}
        return {
            "account": self.account.name,
            **told,
            "currency": self.currency,
            "orders": self.orders,
        }

    @property
    def words(self) -> str:
        """The figures in a sentence."""
        told, whose = self.figures, self.account
        if whose.currency not in {"", self.currency}:
            return f"{whose.name} has credit in {whose.currency}, not in {self.currency}"
        return (
            f"{whose.name} would owe {told['owed']}, the credit limit is {told['limit']} "
            f"{self.currency}: {told['invoiced']} invoiced, {told['ordered']} ordered, "
            f"{told['credit']} unused credit"
        )


def exposure_of(account: CreditAccount, currency: str, *, waiting: int | None = None) -> Exposure:
    """What an account owes in a currency; few statements, however many orders.

    Of an order that waits for credit only what was invoiced counts; `waiting` is the id of one that
    counts all the same.
    """
    held = Hold.objects.filter(order=OuterRef("pk"), type__code=HoldKind.CREDIT_LIMIT)
    rows = Order.objects.open().filter(customer__in=account.members, currency=currency)
    rows = rows.annotate(waits=Exists(held.filter(lifted_at=None))).order_by("-pk")[:AT_ONCE]
    orders = list(rows)
    money, invoiced = balances(orders), invoiced_of(order.pk for order in orders)
    sums = {"invoiced": ZERO, "ordered": ZERO, "credit": _store_credit(account, currency)}
    waits = 0
    for order in orders:
        left = money[order.pk].balance - money[order.pk].authorized
        on_invoice = max(invoiced.get(order.pk, ZERO) - money[order.pk].received, ZERO)
        sums["invoiced"] += min(on_invoice, max(left, ZERO))
        if order.waits and order.pk != waiting:  # type: ignore[attr-defined]
            waits += 1
            continue
        sums["ordered"] += max(left, ZERO) - min(on_invoice, max(left, ZERO))
        sums["credit"] += money[order.pk].refundable
    return Exposure(account, currency, orders=len(orders) - waits, **sums)


def invoiced_of(order_ids: Iterable[int]) -> dict[int, Decimal]:
    """What was invoiced, less credit notes, by order; asked of the app that issues them."""
    path = import_module("oms.wiring").ANSWERS.get("orders.invoiced")
    return import_string(path)(list(order_ids)) if path else {}


def _store_credit(account: CreditAccount, currency: str) -> Decimal:
    rows = StoreCredit.objects.filter(
        customer__in=account.members, kind=CreditKind.STORE_CREDIT, currency=currency, balance__gt=0
    )
    found = rows.aggregate(sum=Sum("balance"))["sum"] or ZERO
    return Decimal(found).quantize(Decimal("0.0001"))
