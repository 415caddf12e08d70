"""What a gateway refused or never answered, and a person did another way."""

from decimal import Decimal

from django.db import transaction

from oms.errors import DomainError
from oms.money import plain
from orders.enums import RequestState, TransactionKind
from orders.models import GatewayRequest, Payment
from orders.operations import payments, pipeline
from orders.operations.payments_reference import create
from orders.queries.gateways import gateway_of

STUCK = (RequestState.DECLINED, RequestState.GIVEN_UP)


class NotStuck(DomainError):
    """Only what the gateway refused or left unanswered is done otherwise, and once."""

    code = "not_stuck"
    message = "This was {state}; there is nothing to do otherwise."


class ReferenceMissing(DomainError):
    """Money that moved outside the gateway is found again by its reference alone."""

    code = "reference_missing"
    message = "Say by which reference the money moved."


@transaction.atomic
def end_otherwise(
    request: GatewayRequest, *, by: str, method: str, reference: str, reason: str, amount: Decimal
) -> GatewayRequest:
    """Close a declined or unanswered request: its money moved another way, and is booked as that.

    A capture is received by `method` under `reference`, a refund is booked as paid by its grant, and
    a void gives up what is open. `amount` may be less than was asked for, never more. Raises
    NotStuck when it is not stuck, or somebody was faster; ReferenceMissing; AmountTooHigh;
    ReferenceReused; ReferenceTaken.
    """
    work, payment = payments.lock_payment(request.payment, by=by)
    request = GatewayRequest.objects.lock_one(request.pk)
    if request.state not in STUCK:
        raise NotStuck(state=request.get_state_display().lower())
    if not reference and request.kind != TransactionKind.VOID:
        raise ReferenceMissing
    payments.refuse_more_than(amount, request.amount, payment.currency)

    request.state, request.done_at, request.error = RequestState.OTHERWISE, work.now, ""
    request.method, request.reference, request.note = method, reference, reason
    request.save()
    _book(work, payment, request, amount)
    work.fact(
        "order.gateway_done_otherwise",
        payment=payment.number,
        gateway=payment.gateway,
        kind=request.kind,
        amount=plain(amount, payment.currency),
        method=method,
        reference=reference,
        reason=reason,
    )
    payments.finish(work, payment)
    return request


def _book(work: pipeline.Work, payment: Payment, request: GatewayRequest, amount: Decimal) -> None:
    kind = TransactionKind(request.kind)
    if kind == TransactionKind.CAPTURE:
        into = _other_payment(work, payment, request, amount)
        payments.record_transaction(work, into, kind, amount, request.reference)
        return
    if kind == TransactionKind.REFUND and request.grant is not None:
        limit = min(payments.left_of(request.grant), payments.refundable_amount(payment))
    else:
        limit = payments.open_amount(payment)
    payments.refuse_more_than(amount, limit, payment.currency)
    payments.record_transaction(work, payment, kind, amount, request.reference, grant=request.grant)


def _other_payment(
    work: pipeline.Work, payment: Payment, request: GatewayRequest, amount: Decimal
) -> Payment:
    """The payment that the money came by: the gateway's own where it was taken there by hand."""
    order = work.order
    if (request.method, request.reference) == (payment.method, payment.reference):
        payments.refuse_more_than(amount, payments.open_amount(payment), payment.currency)
        return payment
    known = order.payments.filter(method=request.method, reference=request.reference).first()
    if known:
        raise payments.ReferenceReused(
            reference=request.reference,
            amount=plain(known.amount, known.currency),
            currency=known.currency,
        )
    return create(
        Payment(
            number=f"{order.number}-P{order.payments.count() + 1}",
            order=order,
            method=request.method,
            reference=request.reference,
            gateway=gateway_of(order.channel, request.method, request.reference),
            amount=amount,
            currency=order.currency,
        )
    )
