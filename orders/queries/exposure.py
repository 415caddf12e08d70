"""What a customer or a company owes us, and how much more they may owe.

Exposure = what is left of invoices + what is confirmed or on its way there and not invoiced
- credit that nobody has used yet. Orders that wait for credit themselves take up none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    DecimalField,
    F,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.utils.module_loading import import_string

from customers.queries import CreditAccount
from oms.money import ZERO, plain
from orders.enums import CreditKind, HoldKind, TransactionKind
from orders.models import Hold, Order, PaymentTransaction, RefundGrant, StoreCredit
from orders.queries.balance import COLUMN_UNIT, DEFERRED

REFUNDED = {TransactionKind.REFUND: 1, TransactionKind.REVERSED: -1}
RECEIVED = {
    TransactionKind.CAPTURE: 1,
    TransactionKind.UNDONE: -1,
    TransactionKind.MOVED_IN: 1,
    TransactionKind.MOVED_OUT: -1,
    TransactionKind.REFUND: -1,
    TransactionKind.REVERSED: 1,
}
LEFT = {  # of an authorisation
    TransactionKind.AUTHORIZE: 1,
    TransactionKind.CAPTURE: -1,
    TransactionKind.UNDONE: 1,
    TransactionKind.VOID: -1,
}
NOTHING = (ZERO, ZERO, ZERO, ZERO)
# `orders.queries.balance` says the same of one order; a test compares the two.
OWED = """
WITH stand AS (
    SELECT o.person, w.of AS waits, o.due,
        COALESCE(m.received, 0) AS received, COALESCE(m.refunded, 0) AS refunded,
        COALESCE(a.amount, 0) AS authorized, COALESCE(g.amount, 0) AS granted,
        COALESCE(i.amount, 0) AS invoiced
    FROM ({orders}) o
    LEFT JOIN ({held}) w ON w.of = o.of
    LEFT JOIN ({money}) m ON m.of = o.of
    LEFT JOIN (
        SELECT of, SUM(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS amount
        FROM ({authorized}) p GROUP BY of
    ) a ON a.of = o.of
    LEFT JOIN ({granted}) g ON g.of = o.of
    LEFT JOIN ({invoiced}) i ON i.of = o.of
), reckoned AS (
    SELECT person, waits,
        CASE WHEN due > received + authorized THEN due - received - authorized ELSE 0 END
            AS unpaid,
        CASE WHEN invoiced > received THEN invoiced - received ELSE 0 END AS on_invoice,
        CASE WHEN received + refunded > due + granted
            THEN received + refunded - due - granted ELSE 0 END AS spare
    FROM stand
)
SELECT person,
    SUM(CASE WHEN on_invoice < unpaid THEN on_invoice ELSE unpaid END),
    SUM(CASE WHEN waits > 0 THEN 0 WHEN on_invoice < unpaid THEN unpaid - on_invoice ELSE 0 END),
    SUM(CASE WHEN waits > 0 THEN 0 ELSE spare END),
    SUM(CASE WHEN waits > 0 THEN 0 ELSE 1 END)
FROM reckoned GROUP BY person
"""


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
    """What an account owes in a currency; two statements, however many orders.

    Of an order that waits for credit only what was invoiced counts; `waiting` is the id of one that
    counts all the same.
    """
    return exposures_of([account], currency, waiting=waiting)[0]


def exposures_of(
    accounts: Iterable[CreditAccount], currency: str, *, waiting: int | None = None
) -> list[Exposure]:
    """What each of these accounts owes; two statements, however many accounts and orders."""
    accounts = list(accounts)
    people = {pk for account in accounts for pk in account.members}
    owed = _owed(people, currency, waiting) if people else {}
    credit = _store_credit(people, currency)
    return [_added(account, currency, owed, credit) for account in accounts]


def _added(
    account: CreditAccount,
    currency: str,
    owed: Mapping[int, Sequence[Decimal]],
    credit: Mapping[int, Decimal],
) -> Exposure:
    rows = [owed[pk] for pk in account.members if pk in owed]
    invoiced, ordered, spare, orders = (
        sum(each, ZERO) for each in zip(NOTHING, *rows, strict=True)
    )
    spare += sum((credit.get(pk, ZERO) for pk in account.members), ZERO)
    return Exposure(account, currency, invoiced, ordered, spare, int(orders))


def _owed(
    people: Collection[int], currency: str, waiting: int | None
) -> dict[int, tuple[Decimal, ...]]:
    """By person: left of invoices, ordered and not invoiced, paid too much, and how many orders.

    Added up by the database, which takes a tenth of the time of reading every order. The parts are
    written by the ORM; each has one row an order.
    """
    rows = Order.objects.open().filter(customer__in=people, currency=currency).order_by()
    ids = rows.values("pk")
    held = Hold.objects.filter(type__code=HoldKind.CREDIT_LIMIT, lifted_at=None, order__in=ids)
    parts = {
        "orders": rows.values(of=F("pk"), person=F("customer"), due=F("total")),
        "held": held.exclude(order=waiting or 0).values(of=F("order")).distinct(),
        "money": _money(ids),
        "authorized": _authorized(ids),
        "granted": RefundGrant.objects.filter(order__in=ids)
        .values(of=F("order"))
        .annotate(amount=Sum("amount")),
        "invoiced": invoiced_of(ids),
    }
    written = {name: part.query.sql_with_params() for name, part in parts.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            OWED.format(**{name: sql for name, (sql, _) in written.items()}),
            [value for _, values in written.values() for value in values],
        )
        return {pk: tuple(_exact(each) for each in sums) for pk, *sums in cursor.fetchall()}


def _money(order_ids: QuerySet) -> QuerySet[Any, Any]:
    """What was received (less paid back) and what was paid back, by order."""
    rows = PaymentTransaction.objects.filter(payment__order__in=order_ids)
    return rows.values(of=F("payment__order")).annotate(
        received=_signed(RECEIVED), refunded=_signed(REFUNDED)
    )


def _authorized(order_ids: QuerySet) -> QuerySet[Any, Any]:
    """What is still open of each authorised payment, by order; negative where more was taken."""
    rows = PaymentTransaction.objects.filter(payment__order__in=order_ids)
    rows = rows.exclude(payment__method__in=DEFERRED)
    authorized = _signed({TransactionKind.AUTHORIZE: 1})
    by_payment = rows.values(of=F("payment__order"), paid_by=F("payment"))
    return by_payment.annotate(held=authorized, amount=_signed(LEFT)).filter(held__gt=0)


def _signed(signs: Mapping[TransactionKind, int]) -> Sum:
    cases = [
        When(kind=kind, then=F("amount") if sign > 0 else -F("amount"))
        for kind, sign in signs.items()
    ]
    return Sum(Case(*cases, default=Value(ZERO), output_field=DecimalField()))


def _exact(amount: object) -> Decimal:
    """Sums come from SQLite as floating point; the columns hold four decimals."""
    return Decimal(str(amount or 0)).quantize(COLUMN_UNIT)


def invoiced_of(order_ids: QuerySet) -> QuerySet[Any, Any]:
    """What was invoiced, less credit notes: `of` (an order) and `amount`, one row an order.

    Asked of the app that issues them; nothing where none does.
    """
    path = import_module("oms.wiring").ANSWERS["orders.invoiced"]
    return import_string(path)(order_ids)


def _store_credit(people: Collection[int], currency: str) -> dict[int, Decimal]:
    rows = StoreCredit.objects.filter(
        customer__in=people, kind=CreditKind.STORE_CREDIT, currency=currency, balance__gt=0
    )
    sums = rows.order_by().values_list("customer").annotate(sum=Sum("balance"))
    return {pk: _exact(amount) for pk, amount in sums}
