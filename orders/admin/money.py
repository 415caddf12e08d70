"""What the order page shows of money: from goods to the balance, payments, and refunds granted."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from oms import words
from oms.money import ZERO
from oms.taxes import UNTAXED
from orders.admin.gateways import STUCK, state_chip
from orders.enums import RequestState, TransactionKind
from orders.models import GatewayRequest, Order, OrderLine, Payment, RefundGrant
from orders.operations.payments import open_amount
from orders.queries.balance import Balance, left_of

ENDED = {RequestState.DONE, RequestState.WITHDRAWN, RequestState.OTHERWISE}
MOVED = {
    TransactionKind.AUTHORIZE: "authorised",
    TransactionKind.CAPTURE: "received",
    TransactionKind.REFUND: "paid back",
    TransactionKind.VOID: "given up",
    TransactionKind.MOVED_OUT: "moved to another order",
    TransactionKind.MOVED_IN: "moved from another order",
    TransactionKind.REVERSED: "refund failed",
    TransactionKind.UNDONE: "booking undone",
}


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A line of the money card: what, how much, and what that means."""

    label: str
    amount: str
    note: str = ""
    strong: bool = False
    tone: str = ""


def payments_context(order: Order) -> dict[str, Any]:
    """Payments and refund grants of the order, with who did what to them."""
    payments = list(order.payments.prefetch_related("transactions", "requests").order_by("pk"))
    grants = list(order.refund_grants.prefetch_related("transactions").order_by("pk"))
    moves = [move for payment in payments for move in payment.transactions.all()]
    return {
        "payment_rows": payment_rows(payments),
        "grant_rows": grant_rows(grants),
        "names": words.names_of(row.by for row in (*grants, *moves)),
        "back": "?next=" + reverse("admin:orders_order_change", args=[order.pk]),
    }


def money_rows(order: Order, money: Balance, lines: Sequence[OrderLine]) -> list[MoneyRow]:
    """The order's money from goods to balance, each explained, nothing said twice."""

    def say(amount: Decimal) -> str:
        return words.money(amount, order.currency)

    tax = "contained in prices" if order.price_includes_tax else "on top of prices"
    if not order.tax_total:
        found = {part["category"] for line in lines for part in line.tax_lines}
        tax = "; ".join(UNTAXED[category] for category in sorted(found & UNTAXED.keys())) or tax
    rows = [MoneyRow("Goods", say(order.goods_total), "less discounts and cancelled units")]
    charged = not lines or any(line.due for line in lines)  # as the total has it
    rows += [
        MoneyRow(
            words.sentence_case(row.get_kind_display()),
            say(row.amount if charged else ZERO),
            row.description if charged else f"{say(row.amount)}, cancelled with the order",
        )
        for row in order.charges.all()
    ]
    rows += [
        MoneyRow("Tax", say(order.tax_total), tax),
        MoneyRow("Total", say(order.total), strong=True),
    ]
    for label, amount, note in (
        ("Received", money.captured, "captured or recorded"),
        ("Authorised", money.authorized, "reserved by the payer, not taken yet"),
        ("Promised", money.deferred, "on delivery or on account"),
        ("Refund granted", money.granted - money.refunded, "not yet paid back"),
        ("Paid back", -money.refunded, ""),
    ):
        if amount:
            rows.append(MoneyRow(label, say(amount), note))
    return [*rows, _balance_row(order, money)]


def _balance_row(order: Order, money: Balance) -> MoneyRow:
    amount = words.money(abs(money.balance), order.currency)
    if money.balance > 0:
        return MoneyRow("Still owed by the buyer", amount, strong=True)
    if money.balance < 0:
        return MoneyRow("Owed to the buyer", amount, strong=True, tone="warn")
    note = "paid in full" if order.total else "nothing is due"
    return MoneyRow("Balance", amount, note, strong=True)


def payment_rows(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """Payments with what is still open and the addresses of their buttons."""
    return [
        {
            "payment": payment,
            "moves": [(row, MOVED[row.kind]) for row in payment.transactions.all()],
            "open": open_amount(payment) - _asked(payment),
            "requests": [
                (row, state_chip(row), _again(row))
                for row in payment.requests.all()
                if row.state not in ENDED
            ],
            "capture": reverse("admin:orders_payment_act", args=[payment.pk, "capture"]),
            "void": reverse("admin:orders_payment_act", args=[payment.pk, "void"]),
        }
        for payment in payments
    ]


def _asked(payment: Payment) -> Decimal:
    """What of the open amount its gateway is asked to take or to give up."""
    waiting = [row for row in payment.requests.all() if row.state == RequestState.WAITING]
    return sum((row.amount for row in waiting if row.kind != TransactionKind.REFUND), Decimal(0))


def _again(request: GatewayRequest) -> str:
    """Where what was declined or never answered is tried again."""
    if request.state not in STUCK:
        return ""
    act = "refund_again" if request.kind == TransactionKind.REFUND else "again"
    return reverse("admin:orders_gatewayrequest_act", args=[request.pk, act])


def grant_rows(grants: Sequence[RefundGrant]) -> list[dict[str, Any]]:
    """Refund grants with what is left to pay."""
    return [
        {
            "grant": grant,
            "left": left_of(grant),
            "pay": reverse("admin:orders_refundgrant_act", args=[grant.pk, "pay"]),
        }
        for grant in grants
    ]
