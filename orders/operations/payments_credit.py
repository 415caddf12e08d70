"""Store credit and gift cards: issued, spent on orders, refunded to, expired.

A ledger of its own beside the order's: every movement is an entry, and one that pays or refunds is
tied to the order's transaction, in the same database transaction. Locks: order, then credit.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customers import queries as customers
from oms import numbers, sealed
from oms.errors import DomainError
from oms.money import ZERO, has_amount, is_currency, plain
from orders.enums import CreditEntryKind, CreditKind, PaymentMethod, TransactionKind
from orders.models import (
    Order,
    Payment,
    PaymentTransaction,
    RefundGrant,
    StoreCredit,
    StoreCreditEntry,
)
from orders.operations import payments, pipeline

if TYPE_CHECKING:
    from customers.models import Customer

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, 1, I, O; 32 signs
SIGNS, GROUP = 16, 4  # 80 bits of chance, in groups that can be read aloud


class UnknownCredit(DomainError):
    """No gift card has this code, or no credit this number."""

    code = "unknown_store_credit"
    message = "There is no gift card or store credit {name}."


class NotSpendable(DomainError):
    """Store credit that cannot pay for this order, and why."""

    code = "store_credit_not_spendable"
    message = "{number} {reason}."


class WrongCredit(DomainError):
    """What was to be issued is not possible."""

    code = "wrong_store_credit"
    message = "{reason}"


@dataclass(frozen=True, slots=True)
class Issued:
    """Fresh credit; `code` is told once, to whoever gets the card, and is kept nowhere."""

    credit: StoreCredit
    code: str = ""


@transaction.atomic
def issue_credit(
    *,
    by: str,
    amount: Decimal,
    currency: str,
    reason: str,
    customer: "Customer | None" = None,
    expires_at: datetime | None = None,
) -> Issued:
    """Give a customer store credit, or, without a customer, make a gift card with a secret code.

    Raises AmountNotPositive, and WrongCredit for a part of a cent, an unknown currency or an end
    in the past.
    """
    now = timezone.now()
    if amount <= 0:
        raise payments.AmountNotPositive
    if not is_currency(currency) or not has_amount(currency, amount):
        raise WrongCredit(reason=f"{amount} {currency} is no amount of money.")
    if expires_at and expires_at <= now:
        raise WrongCredit(reason="It would have expired already.")
    code = "" if customer else _code()

    credit = StoreCredit.objects.create(
        number=numbers.take("store_credit")[0],
        kind=CreditKind.STORE_CREDIT if customer else CreditKind.GIFT_CARD,
        customer=customer,
        code_digest=_digest(code) if code else "",
        code_end=code[-GROUP:],
        currency=currency,
        reason=reason,
        expires_at=expires_at,
        created_by=by,
        created_at=now,
    )
    _move(credit, amount, CreditEntryKind.ISSUED, by=by, reason=reason)
    return Issued(credit, code)


@transaction.atomic
def redeem_credit(
    order: Order, *, by: str, credit: str, amount: Decimal | None = None
) -> PaymentTransaction:
    """Pay for an order with a gift card (by its code) or the buyer's own credit (by its number).

    Without an amount as much as is due and there is. Raises UnknownCredit, NotSpendable for
    another's credit, another currency or an end that has passed, and AmountTooHigh.
    """
    work = pipeline.lock(order, by=by)
    found = _find(credit)
    _refuse_unspendable(found, work, by_number=found.number == credit.strip().upper())
    limit = max(min(found.balance, work.money.balance), ZERO)
    payments.refuse_more_than(limit if amount is None else amount, limit, found.currency)
    amount = limit if amount is None else amount

    payment = payments.payment_of(work.order, PaymentMethod.STORE_CREDIT, amount, found.number)
    row = payments.record_transaction(work, payment, TransactionKind.CAPTURE, amount, "")
    _move(found, -amount, CreditEntryKind.REDEEMED, by=by, transaction=row)
    payments.finish(work, payment)
    return row


@transaction.atomic
def refund_to_credit(
    grant: RefundGrant, *, by: str, payment: Payment, amount: Decimal
) -> PaymentTransaction:
    """Pay granted money as store credit: back onto the credit it came from, or as new credit.

    The buyer of the order gets it; money that came by `payment` stays with us and is owed as
    credit from now on. Raises OtherOrder, AmountNotPositive, AmountTooHigh, and NotSpendable when
    nobody is known as the buyer.
    """
    work, payment = payments.lock_payment(payment, by=by)
    payments.refuse_other_order(payment, grant)
    left = min(payments.left_of(grant), payments.refundable_amount(payment))
    payments.refuse_more_than(amount, left, payment.currency)

    credit = _receiver(work, payment, grant)
    row = payments.record_transaction(
        work, payment, TransactionKind.REFUND, amount, "", grant=grant
    )
    reason = f"{work.order.number}: {grant.reason}"[:300]
    _move(credit, amount, CreditEntryKind.REFUNDED, by=by, transaction=row, reason=reason)
    payments.finish(work, payment)
    return row


def expire_credits() -> int:
    """Take what is left on expired credit, each by itself; how many (a chore)."""
    due = StoreCredit.objects.filter(expires_at__lt=timezone.now(), balance__gt=0)
    return sum(_expire(pk) for pk in list(due.order_by("pk").values_list("pk", flat=True)[:500]))


@transaction.atomic
def _expire(pk: int) -> bool:
    credit = StoreCredit.objects.lock_one(pk)
    if credit.balance <= 0:
        return False
    _move(credit, -credit.balance, CreditEntryKind.EXPIRED, by="chore:expire_credits")
    return True


def _move(
    credit: StoreCredit,
    amount: Decimal,
    kind: CreditEntryKind,
    *,
    by: str,
    transaction: PaymentTransaction | None = None,
    reason: str = "",
) -> None:
    """One conditional update, whose row count is the answer, and its entry."""
    rows = StoreCredit.objects.filter(pk=credit.pk, balance__gte=-amount)
    if not rows.update(balance=F("balance") + amount):
        limit = plain(credit.balance, credit.currency)
        raise payments.AmountTooHigh(
            amount=plain(-amount, credit.currency), limit=limit, currency=credit.currency
        )
    credit.refresh_from_db(fields=["balance"])
    StoreCreditEntry.objects.create(
        credit=credit,
        kind=kind,
        amount=amount,
        balance=credit.balance,
        transaction=transaction,
        reason=reason,
        by=by,
    )


def _find(name: str) -> StoreCredit:
    """By number or by code, locked."""
    name = name.strip().upper()
    rows = StoreCredit.objects
    found = rows.filter(number=name).first() or rows.filter(code_digest=_digest(name)).first()
    if found is None:
        raise UnknownCredit(name=name if len(name) < SIGNS else "with this code")
    return rows.lock_one(found.pk)


def _refuse_unspendable(credit: StoreCredit, work: pipeline.Work, *, by_number: bool) -> None:
    reason = ""
    if credit.currency != work.order.currency:
        reason = f"is in {credit.currency}, the order in {work.order.currency}"
    elif credit.expires_at and credit.expires_at <= work.now:
        reason = "has expired"
    elif credit.customer_id is None and by_number:
        reason = "is a gift card; whoever spends it says its code"
    elif credit.customer_id and credit.customer_id not in _family(work.order):
        reason = "belongs to another customer"
    if reason:
        raise NotSpendable(number=credit.number, reason=reason)


def _family(order: Order) -> set[int]:
    """Everybody who turned out to be the order's buyer."""
    return set(customers.roots_of([order.customer_id])) if order.customer_id else set()


def _receiver(work: pipeline.Work, payment: Payment, grant: RefundGrant) -> StoreCredit:
    if payment.method == PaymentMethod.STORE_CREDIT:
        known = StoreCredit.objects.filter(number=payment.reference).first()
        if known and not (known.expires_at and known.expires_at <= work.now):
            return StoreCredit.objects.lock_one(known.pk)
    customer = work.order.customer
    if customer is None:
        raise NotSpendable(number=work.order.number, reason="has no known buyer to owe it to")
    return StoreCredit.objects.create(
        number=numbers.take("store_credit")[0],
        kind=CreditKind.STORE_CREDIT,
        customer=customer,
        currency=work.order.currency,
        reason=f"{work.order.number}: {grant.reason}"[:300],
        created_by=work.by,
        created_at=work.now,
    )


def _code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(SIGNS))
    return "-".join(signs[at : at + GROUP] for at in range(0, SIGNS, GROUP))


def _digest(code: str) -> str:
    """Keyed, so that the table alone gives no code away."""
    return sealed.digest("gift card " + code.replace("-", "").replace(" ", "").upper())
