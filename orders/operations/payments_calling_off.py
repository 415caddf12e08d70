"""Cash that no carrier will collect: its parcel is lost, or comes back."""

from decimal import Decimal

from django.db import transaction

from oms.money import ZERO
from orders.enums import PaymentMethod, TransactionKind
from orders.models import Order
from orders.operations import payments, pipeline


@transaction.atomic
def call_off_cash(order: Order, *, by: str, amount: Decimal | None, reference: str) -> Decimal:
    """Give up cash on delivery of an order, up to an amount (none: all of it); how much that was.

    In the order's currency. What was collected stays collected. `reference` names the parcel; the
    same one again gives up nothing.
    """
    work = pipeline.lock(order, by=by)
    given_up = ZERO
    cash = work.order.payments.filter(method=PaymentMethod.CASH_ON_DELIVERY)
    for payment in cash.prefetch_related("transactions").order_by("pk"):
        rows = payment.transactions.all()
        if any(row.kind == TransactionKind.VOID and row.reference == reference for row in rows):
            return ZERO
        part = payments.open_amount(payment)
        if amount is not None:
            part = min(part, amount - given_up)
        if part > 0:
            payments.record_transaction(work, payment, TransactionKind.VOID, part, reference)
            given_up += part
    if given_up:
        pipeline.settle(work)
    return given_up
