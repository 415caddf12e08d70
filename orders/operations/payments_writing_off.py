"""Small differences that are not worth asking for."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from oms.errors import DomainError
from oms.money import ZERO, plain
from orders.enums import PaymentMethod, TransactionKind
from orders.models import Order, PaymentTransaction
from orders.operations import payments, pipeline


class NotWrittenOff(DomainError):
    """Nothing is owed, or more than the channel lets anybody give up."""

    code = "not_written_off"
    message = "{amount} {currency} are owed; at most {limit} are written off in this channel."


@transaction.atomic
def write_off(order: Order, *, by: str, reason: str) -> PaymentTransaction:
    """Give up what the buyer still owes, within the channel's limit; the order is then settled.

    Documents stay as they are: it is a loss of ours, not a lower price. Raises NotWrittenOff.
    """
    work = pipeline.lock(order, by=by)
    owed, limit = work.money.balance, work.order.channel.write_off_limit
    currency = work.order.currency
    if not 0 < owed <= limit:
        raise NotWrittenOff(
            amount=plain(max(owed, ZERO), currency), limit=plain(limit, currency), currency=currency
        )

    payment = payments.payment_of(work.order, PaymentMethod.WRITE_OFF, owed, "")
    row = PaymentTransaction.objects.create(
        payment=payment,
        kind=TransactionKind.CAPTURE,
        amount=owed,
        reference=reason[:120],
        by=by,
        at=work.now,
    )
    work.money_moved = True
    work.fact("order.balance_written_off", amount=plain(owed, currency), reason=reason)
    payments.finish(work, payment)
    return row


def take_back(work: pipeline.Work, *, reason: str) -> list[PaymentTransaction]:
    """Owe again what was written off of a locked order for just this reason, by an entry each."""
    rows = PaymentTransaction.objects.filter(
        payment__order=work.order,
        payment__method=PaymentMethod.WRITE_OFF,
        kind=TransactionKind.CAPTURE,
        reference=reason[:120],
    )
    undone = PaymentTransaction.objects.filter(
        payment=OuterRef("payment"), kind=TransactionKind.UNDONE
    )
    return [
        payments.record_transaction(
            work, row.payment, TransactionKind.UNDONE, row.amount, row.reference
        )
        for row in rows.exclude(Exists(undone)).select_related("payment").order_by("pk")
    ]
