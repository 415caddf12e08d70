"""Money in and out: recorded as it moved, granted before it is paid back.

Every amount is in the order's currency and positive. A repeat with the same reference is
recognised and changes nothing; the same reference with another amount is refused, so that no
money goes by unseen. Whatever is checked is read after the order's row is locked.
"""

from decimal import Decimal

from django.db import transaction

from oms.errors import DomainError
from oms.money import ZERO, has_amount, plain
from orders.enums import RECORDED, PaymentMethod, TransactionKind
from orders.models import Order, Payment, PaymentTransaction, RefundGrant
from orders.operations import pipeline
from orders.operations.payments_reference import create
from orders.queries.balance import DEFERRED, unpaid_of
from orders.queries.gateways import gateway_of


class AmountTooHigh(DomainError):
    """More than is authorised, refundable, granted or captured."""

    code = "amount_too_high"
    message = "{amount} {currency} is too much; at most {limit} is possible."


class AmountNotPositive(DomainError):
    """Money moves by positive amounts; the direction is the kind of transaction."""

    code = "amount_not_positive"
    message = "The amount must be more than zero."


class NoSuchAmount(DomainError):
    """Money that no coin or account of the currency can hold."""

    code = "no_such_amount"
    message = "{currency} has no such small amounts as {amount}."


class NothingOpen(DomainError):
    """Nothing is authorised or promised that was not captured."""

    code = "nothing_open"
    message = "Payment {payment} has nothing open to take or give up."


class NotRecorded(DomainError):
    """Money of this kind moves by an act of its own, which this would pass by."""

    code = "not_recorded"
    message = "{method} is not recorded: redeem, refund or write off instead."


class OtherOrder(DomainError):
    """Money goes back through a payment of the order that it was granted for."""

    code = "other_order"
    message = "Payment {payment} does not belong to order {number}."


class ReferenceReused(DomainError):
    """The reference stands for another amount."""

    code = "reference_reused"
    message = "Reference {reference} is already recorded, with {amount} {currency}."


@transaction.atomic
def capture(
    payment: Payment, *, by: str, amount: Decimal | None = None, reference: str = ""
) -> Payment:
    """Take authorised or promised money: so much of it, or all that is open.

    Raises AmountTooHigh when more than what is still open would be taken, NothingOpen for all of
    nothing (it expired, or was taken), ReferenceReused, and OrderOnHold while a hold is open whose
    type stops that.
    """
    work, payment = lock_payment(payment, by=by)
    if _repeated(payment, TransactionKind.CAPTURE, amount, reference):
        return payment
    pipeline.refuse_capture(work)
    limit = open_amount(payment)
    if amount is None and limit <= 0:
        raise NothingOpen(payment=payment.number)
    amount = limit if amount is None else amount
    refuse_more_than(amount, limit, payment.currency)
    record_transaction(work, payment, TransactionKind.CAPTURE, amount, reference)
    return finish(work, payment)


@transaction.atomic
def void(payment: Payment, *, by: str) -> Payment:
    """Give up what is still authorised or promised.

    A payment that was voided before is returned as it is. Raises NothingOpen when everything was
    captured, or nothing ever promised.
    """
    work, payment = lock_payment(payment, by=by)
    amount = open_amount(payment)
    if amount <= 0:
        if payment.transactions.filter(kind=TransactionKind.VOID).exists():
            return payment
        raise NothingOpen(payment=payment.number)
    record_transaction(work, payment, TransactionKind.VOID, amount, "")
    return finish(work, payment)


@transaction.atomic
def grant_refund(
    order: Order, *, by: str, amount: Decimal, reason: str, reference: str = ""
) -> RefundGrant:
    """Decide that overpaid money goes back; paying it is another person's act.

    A repeat with the same reference gives the existing grant. Raises AmountTooHigh above what is
    overpaid and not yet granted, and ReferenceReused.
    """
    work = pipeline.lock(order, by=by)
    if repeat := _granted(work.order, amount, reference):
        return repeat
    refuse_more_than(amount, work.money.refundable, work.order.currency)

    grant = RefundGrant.objects.create(
        order=work.order, amount=amount, reason=reason, reference=reference, by=by, at=work.now
    )
    work.money_moved = True
    work.fact(
        "order.refund_granted",
        grant=grant.pk,
        amount=plain(amount, grant.order.currency),
        reference=reference,
    )
    pipeline.settle(work)
    return grant


@transaction.atomic
def pay_refund(
    grant: RefundGrant,
    *,
    by: str,
    payment: Payment,
    amount: Decimal | None = None,
    reference: str = "",
) -> PaymentTransaction:
    """Record that granted money went back through the payment it came from: so much, or all of it.

    Raises AmountTooHigh above what is left of the grant or of the payment, ReferenceReused,
    NotRecorded for store credit, and OtherOrder for a payment of another order.
    """
    work, payment = lock_payment(payment, by=by)
    refuse_other_order(payment, grant)
    refuse_unrecorded(payment.method)
    if repeat := _repeated(payment, TransactionKind.REFUND, amount, reference):
        return repeat
    left = min(left_of(grant), refundable_amount(payment))
    amount = left if amount is None else amount
    refuse_more_than(amount, left, payment.currency)

    row = record_transaction(work, payment, TransactionKind.REFUND, amount, reference, grant=grant)
    finish(work, payment)
    return row


def payment_of(
    order: Order, method: str, amount: Decimal, reference: str, *, shares: bool = False
) -> Payment:
    """The payment of an order with this method and reference, made for this amount if need be.

    One that `shares` its reference holds money that another order's payment brought in.
    """
    known = known_payment(order, method, reference)
    return known or _new_payment(order, method, amount, reference, shares=shares)


def open_amount(payment: Payment) -> Decimal:
    """What may still be captured: authorised, or promised for cash on delivery and on account."""
    moved = sums(payment)
    captured = moved[TransactionKind.CAPTURE] - moved[TransactionKind.UNDONE]
    voided = moved[TransactionKind.VOID]
    if payment.method in DEFERRED:
        return payment.amount - captured - moved[TransactionKind.MOVED_IN] - voided
    return moved[TransactionKind.AUTHORIZE] - captured - voided


def refundable_amount(payment: Payment) -> Decimal:
    """What this payment brought in and has neither sent back nor moved to another order.

    What was written off never came.
    """
    if payment.method == PaymentMethod.WRITE_OFF:
        return ZERO
    moved = sums(payment)
    came = moved[TransactionKind.CAPTURE] + moved[TransactionKind.MOVED_IN]
    went = moved[TransactionKind.MOVED_OUT] + moved[TransactionKind.UNDONE]
    return came - went - (moved[TransactionKind.REFUND] - moved[TransactionKind.REVERSED])


def left_of(grant: RefundGrant) -> Decimal:
    """What was granted and not yet paid, read now."""
    return unpaid_of(grant, PaymentTransaction.objects.filter(grant=grant))


def sums(payment: Payment) -> dict[TransactionKind, Decimal]:
    """What moved through a payment, by kind."""
    found = dict.fromkeys(TransactionKind, ZERO)
    for row in payment.transactions.all():
        found[TransactionKind(row.kind)] += row.amount
    return found


def refuse_other_order(payment: Payment, grant: RefundGrant) -> None:
    """Raise OtherOrder when a payment of another order should pay a grant."""
    if payment.order_id != grant.order_id:
        raise OtherOrder(payment=payment.number, number=grant.order.number)


def refuse_more_than(amount: Decimal, limit: Decimal, currency: str) -> None:
    """Raise what `refuse_amount` does, or AmountTooHigh."""
    refuse_amount(amount, currency)
    if amount > limit:
        stated = plain(amount, currency), plain(limit, currency)
        raise AmountTooHigh(amount=stated[0], limit=stated[1], currency=currency)


def refuse_amount(amount: Decimal, currency: str) -> None:
    """Raise AmountNotPositive, or NoSuchAmount for a part of the currency's smallest amount."""
    if amount <= 0:
        raise AmountNotPositive
    refuse_parts(amount, currency)


def refuse_parts(amount: Decimal, currency: str) -> None:
    """Raise NoSuchAmount for a part of the currency's smallest amount."""
    if not has_amount(currency, amount):
        raise NoSuchAmount(amount=format(amount.normalize(), "f"), currency=currency)


def known_payment(order: Order, method: str, reference: str) -> Payment | None:
    """The payment of an order with this method and reference; none without a reference."""
    if not reference:
        return None
    return order.payments.filter(method=method, reference=reference).first()


def refuse_unrecorded(method: str) -> None:
    """Raise NotRecorded for money that moves by an act of its own."""
    if method not in RECORDED:
        raise NotRecorded(method=PaymentMethod(method).label)


def _new_payment(
    order: Order, method: str, amount: Decimal, reference: str, *, shares: bool = False
) -> Payment:
    refuse_amount(amount, order.currency)
    number = f"{order.number}-P{order.payments.count() + 1}"
    return create(
        Payment(
            number=number,
            order=order,
            method=method,
            reference=reference,
            gateway=gateway_of(order.channel, method, reference),
            shares_reference=shares,
            amount=amount,
            currency=order.currency,
        )
    )


def _repeated(
    payment: Payment, kind: str, amount: Decimal | None, reference: str
) -> PaymentTransaction | None:
    if not reference:
        return None
    row = payment.transactions.filter(kind=kind, reference=reference).first()
    if row and amount is not None:
        refuse_other_amount(row, amount, payment.currency)
    return row


def _granted(order: Order, amount: Decimal, reference: str) -> RefundGrant | None:
    if not reference:
        return None
    grant = order.refund_grants.filter(reference=reference).first()
    if grant:
        refuse_other_amount(grant, amount, order.currency)
    return grant


def refuse_other_amount(
    known: Payment | PaymentTransaction | RefundGrant, amount: Decimal, currency: str
) -> None:
    """Raise ReferenceReused when what has this reference is of another amount."""
    if known.amount != amount:
        stated = plain(known.amount, currency)
        raise ReferenceReused(reference=known.reference, amount=stated, currency=currency)


def lock_payment(payment: Payment, *, by: str) -> tuple[pipeline.Work, Payment]:
    """Lock the payment's order, then read the payment: what the caller holds may be stale."""
    work = pipeline.lock(payment.order, by=by)
    return work, Payment.objects.get(pk=payment.pk)


def record_transaction(
    work: pipeline.Work,
    payment: Payment,
    kind: TransactionKind,
    amount: Decimal,
    reference: str,
    *,
    grant: RefundGrant | None = None,
) -> PaymentTransaction:
    """Append one movement of money to a locked order's payment and remember the event."""
    if kind != TransactionKind.VOID:  # what is given up may have come when parts of a cent could
        refuse_amount(amount, payment.currency)
    if repeat := _repeated(payment, kind, amount, reference):
        return repeat
    row = PaymentTransaction.objects.create(
        payment=payment,
        kind=kind,
        amount=amount,
        reference=reference,
        grant=grant,
        by=work.by,
        at=work.now,
    )
    work.money_moved = True
    work.fact(
        EVENT_OF[kind],
        payment=payment.number,
        method=payment.method,
        amount=plain(amount, payment.currency),
    )
    return row


def finish(work: pipeline.Work, payment: Payment) -> Payment:
    """Settle the order and let it go as far as its money now allows."""
    pipeline.settle(work)
    pipeline.advance(work.order, by=work.by)
    return payment


EVENT_OF = {
    TransactionKind.AUTHORIZE: "order.payment_authorized",
    TransactionKind.CAPTURE: "order.payment_captured",
    TransactionKind.VOID: "order.payment_voided",
    TransactionKind.REFUND: "order.refund_paid",
    TransactionKind.MOVED_OUT: "order.payment_moved_out",
    TransactionKind.MOVED_IN: "order.payment_moved_in",
    TransactionKind.REVERSED: "order.refund_failed",
    TransactionKind.UNDONE: "order.payment_undone",
}
