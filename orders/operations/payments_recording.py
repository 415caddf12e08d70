"""Money recorded as it stands: promised, reserved for us, or here; repeats are recognised."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db import transaction

from oms.money import plain
from orders.enums import TransactionKind
from orders.models import Order, Payment
from orders.operations import payments, pipeline
from orders.operations.payments_reference import queues_taken


class MoneyState(StrEnum):
    """Where money stands that is recorded: promised, reserved for us, or here."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment, and whether this was booked on it now or stood there before."""

    payment: Payment
    is_new: bool


KIND_OF = {
    MoneyState.AUTHORIZED: TransactionKind.AUTHORIZE,
    MoneyState.CAPTURED: TransactionKind.CAPTURE,
}


@queues_taken
@transaction.atomic
def record_money(
    order: Order, *, by: str, state: str, method: str, amount: Decimal, reference: str = ""
) -> Recorded:
    """Record money as it stands; of a repeat it says that nothing was booked.

    Raises AmountNotPositive, NoSuchAmount, ReferenceReused for a reference known with another amount,
    ReferenceTaken for a gateway's payment of another order, which also becomes an exception for
    finance, and NotRecorded for store credit and what is written off.
    """
    payments.refuse_unrecorded(method)
    work = pipeline.lock(order, by=by)
    if state == MoneyState.PENDING:
        return _promise(work, method, amount, reference)

    payment = payments.payment_of(work.order, method, amount, reference)
    payments.record_transaction(work, payment, KIND_OF[MoneyState(state)], amount, reference)
    return Recorded(payments.finish(work, payment), is_new=work.money_moved)


def record_pending(
    order: Order, *, by: str, method: str, amount: Decimal, reference: str = ""
) -> Payment:
    """Note how an order is going to be paid: cash on delivery, on account, or a transfer to come.

    Raises what `record_money` does.
    """
    state = MoneyState.PENDING
    return record_money(
        order, by=by, state=state, method=method, amount=amount, reference=reference
    ).payment


def record_authorization(
    order: Order, *, by: str, method: str, amount: Decimal, reference: str = ""
) -> Payment:
    """Record that the payer's side has reserved money for us. Raises what `record_money` does."""
    state = MoneyState.AUTHORIZED
    return record_money(
        order, by=by, state=state, method=method, amount=amount, reference=reference
    ).payment


def record_capture(
    order: Order, *, by: str, method: str, amount: Decimal, reference: str = ""
) -> Payment:
    """Record money that came in, however much: too little leaves a balance, too much overpays.

    Raises what `record_money` does.
    """
    state = MoneyState.CAPTURED
    return record_money(
        order, by=by, state=state, method=method, amount=amount, reference=reference
    ).payment


def _promise(work: pipeline.Work, method: str, amount: Decimal, reference: str) -> Recorded:
    if known := payments.known_payment(work.order, method, reference):
        payments.refuse_other_amount(known, amount, known.currency)
        return Recorded(known, is_new=False)
    payment = payments.payment_of(work.order, method, amount, reference)
    work.money_moved = True
    work.fact(
        "order.payment_promised",
        payment=payment.number,
        method=method,
        amount=plain(amount, work.order.currency),
    )
    return Recorded(payments.finish(work, payment), is_new=True)
