"""What a customer has ordered and still owes; asked by the customer's page through the wiring."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, QuerySet, Sum

from customers.queries import CreditAccount, roots_of
from oms.money import ZERO
from orders.enums import OrderStatus
from orders.models import Order, StoreCredit
from orders.queries.balance import balances
from orders.queries.exposure import Exposure, exposure_of

SHOWN = 25
AT_ONCE = 2_000  # open orders whose money is added up in one go


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What a customer has bought in a currency, cancelled orders left out."""

    currency: str
    orders: int
    value: Decimal
    last: datetime


@dataclass(frozen=True, slots=True)
class Dealings:
    """The newest orders of a customer, what is owed for open ones, what all are worth, and credit."""

    orders: list[Order]
    more: bool
    owed: dict[str, Decimal]
    lifetime: list[Lifetime]
    credits: list[StoreCredit]  # with something left


def dealings_of(customer_id: int) -> Dealings:
    """Of everybody who is this person; seven statements, however many orders."""
    family = set(roots_of([customer_id]))
    rows = Order.objects.filter(customer__in=family)
    newest = list(rows.select_related("channel").order_by("-pk")[: SHOWN + 1])
    kept = StoreCredit.objects.filter(customer__in=family, balance__gt=0).order_by("pk")
    owed, lifetime = owed_by(customer_id), _lifetime(rows)
    return Dealings(newest[:SHOWN], len(newest) > SHOWN, owed, lifetime, list(kept[:SHOWN]))


def standing_of(account: CreditAccount) -> list[Exposure]:
    """What an account owes, in the currency of its limit, else in each in which it buys."""
    if account.currency:
        return [exposure_of(account, account.currency)]
    rows = Order.objects.open().filter(customer__in=account.members).order_by("currency")
    currencies = rows.values_list("currency", flat=True).distinct()
    return [exposure_of(account, currency) for currency in currencies]


def owed_by(customer_id: int) -> dict[str, Decimal]:
    """What this person still owes for open orders, by currency."""
    family = set(roots_of([customer_id]))
    rows = Order.objects.open().filter(customer__in=family).order_by("pk")
    owed: dict[str, Decimal] = defaultdict(lambda: ZERO)
    last, more = 0, True
    while more:
        some = list(rows.filter(pk__gt=last)[:AT_ONCE])
        money, more = balances(some), len(some) == AT_ONCE
        for order in some:
            owed[order.currency] += max(money[order.pk].balance, ZERO)
            last = order.pk
    return {currency: amount for currency, amount in owed.items() if amount}


def _lifetime(rows: QuerySet[Order]) -> list[Lifetime]:
    bought = rows.exclude(status=OrderStatus.CANCELLED)
    sums = bought.values("currency").annotate(
        orders=Count("pk"), value=Sum("total"), last=Max("placed_at")
    )
    return [Lifetime(**row) for row in sums.order_by("currency")]
