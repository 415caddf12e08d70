"""What a customer has ordered and still owes; asked by the customer's page through the wiring."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from oms.money import ZERO
from orders.models import Order
from orders.queries.balance import balances

SHOWN = 25
MOST_OPEN = 1_000  # open orders whose money is added up; nobody has more


@dataclass(frozen=True, slots=True)
class Dealings:
    """The newest orders of a customer, and what is owed for open ones, by currency."""

    orders: list[Order]
    more: bool
    owed: dict[str, Decimal]


def dealings_of(customer_id: int) -> Dealings:
    """Five statements, however many orders."""
    rows = Order.objects.filter(customer=customer_id)
    newest = list(rows.select_related("channel").order_by("-pk")[: SHOWN + 1])
    return Dealings(newest[:SHOWN], len(newest) > SHOWN, owed_by(customer_id))


def owed_by(customer_id: int) -> dict[str, Decimal]:
    """What is still to be paid for open orders, by currency."""
    rows = list(Order.objects.open().filter(customer=customer_id).order_by("-pk")[:MOST_OPEN])
    money = balances(rows)
    owed: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for order in rows:
        owed[order.currency] += max(money[order.pk].balance, ZERO)
    return {currency: amount for currency, amount in owed.items() if amount}
