"""Money that a gateway holds: asked for under a key, done by the worker, booked as it really moved.

Nothing here speaks to a gateway. A request is written in the transaction of whoever wants it; the
worker asks the gateway outside any transaction, and what the gateway then says about the payment as
a whole is booked as the difference to what is booked already. So it does not matter whether an
answer or a webhook comes first, twice, or late.
"""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from oms.errors import DomainError
from oms.money import ZERO, plain
from orders.enums import OrderStatus, RequestState, TransactionKind
from orders.models import (
    GatewayNotice,
    GatewayRequest,
    Payment,
    RefundGrant,
)
from orders.operations import payments, pipeline
from orders.operations.payments_booking import FAILED, GatewayState, Refunded, book, hold_unpaid
from orders.queries.gateways import waiting_amount

LADDER = (10, 30, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600)
LEASE = timedelta(minutes=2)  # longer than a gateway may take
HELD = timedelta(minutes=5)  # until a capture of a held order is looked at again
BY = "gateway:{}"

__all__ = ["GatewayState", "Refunded"]  # of what is booked; gateways speak of them

Row = TypeVar("Row", GatewayRequest, GatewayNotice)


class NoGateway(DomainError):
    """Nobody can be asked: the money moves without us and is only recorded here."""

    code = "no_gateway"
    message = "Payment {payment} is held by no gateway; record what moved."


class NotToTryAgain(DomainError):
    """The request waits to be sent anyway, or was done."""

    code = "not_to_try_again"
    message = "This was {state}; there is nothing to try again."


# --- Asking -----------------------------------------------------------------------------------


@transaction.atomic
def ask_capture(payment: Payment, *, by: str, amount: Decimal, cause: str = "") -> GatewayRequest:
    """Have a gateway take authorised money; a repeat with the same cause gives the first request.

    Raises NoGateway, AmountNotPositive, AmountTooHigh above what is open and not asked for, and
    OrderOnHold while a hold is open whose type stops that.
    """
    work, payment = payments.lock_payment(payment, by=by)
    _refuse_no_gateway(payment)
    if known := _asked(payment, TransactionKind.CAPTURE, cause):
        return known
    pipeline.refuse_capture(work)
    limit = _limit(TransactionKind.CAPTURE, payment)
    payments.refuse_more_than(amount, limit, payment.currency)

    return _ask(work, payment, TransactionKind.CAPTURE, amount, cause=cause)


@transaction.atomic
def ask_void(payment: Payment, *, by: str) -> GatewayRequest:
    """Have a gateway give up what is still authorised.

    Raises NoGateway, and NothingOpen when nothing is open that was not already asked for.
    """
    work, payment = payments.lock_payment(payment, by=by)
    _refuse_no_gateway(payment)
    asked = sum(
        (
            waiting_amount(kind, payment=payment)
            for kind in (TransactionKind.CAPTURE, TransactionKind.VOID)
        ),
        ZERO,
    )
    amount = payments.open_amount(payment)
    if amount <= 0 or asked:
        raise payments.NothingOpen(payment=payment.number)

    return _ask(work, payment, TransactionKind.VOID, amount)


@transaction.atomic
def ask_refund(grant: RefundGrant, *, by: str, payment: Payment, amount: Decimal) -> GatewayRequest:
    """Have a gateway send granted money back.

    Raises NoGateway, OtherOrder, AmountNotPositive, and AmountTooHigh above what is left of the
    grant or of the payment and not asked for.
    """
    work, payment = payments.lock_payment(payment, by=by)
    _refuse_no_gateway(payment)
    payments.refuse_other_order(payment, grant)
    refund = TransactionKind.REFUND
    payments.refuse_more_than(amount, _limit(refund, payment, grant), payment.currency)

    return _ask(work, payment, refund, amount, grant=grant)


@transaction.atomic
def try_again(request: GatewayRequest, *, by: str) -> GatewayRequest:
    """Send a declined or unanswered request once more, at once.

    Raises NotToTryAgain, AmountTooHigh when what it is for was paid or asked for otherwise by now,
    and OrderOnHold for a capture while a hold is open whose type stops that. What was declined gets a new key: a gateway would repeat its answer to the old one.
    """
    work, payment = payments.lock_payment(request.payment, by=by)
    request = GatewayRequest.objects.lock_one(request.pk)
    if request.state not in {RequestState.DECLINED, RequestState.GIVEN_UP}:
        raise NotToTryAgain(state=request.get_state_display().lower())
    if request.kind == TransactionKind.CAPTURE:
        pipeline.refuse_capture(work)
    limit = _limit(TransactionKind(request.kind), payment, request.grant)
    if request.state == RequestState.GIVEN_UP and request.kind != TransactionKind.VOID:
        limit += request.amount  # is outstanding itself
    payments.refuse_more_than(request.amount, limit, payment.currency)

    sent = request.state == RequestState.GIVEN_UP  # and may have been done
    if not sent:
        request.key = uuid.uuid4()
    request.state, request.attempts, request.error = RequestState.WAITING, int(sent), ""
    request.next_attempt_at, request.by = work.now, by
    request.save()
    work.fact("order.gateway_asked", **_about(request, payment))
    pipeline.settle(work)
    return request


def give_up(work: pipeline.Work, payment: Payment, amount: Decimal) -> None:
    """Give up what is open of a locked order's payment, through its gateway where it has one.

    Captures that were never sent are withdrawn; those that were are by the sender (`may_send`).
    """
    if not payment.gateway:
        payments.record_transaction(work, payment, TransactionKind.VOID, amount, "")
        return
    payment.requests.filter(
        kind=TransactionKind.CAPTURE, state=RequestState.WAITING, attempts=0, locked_until=None
    ).update(state=RequestState.WITHDRAWN)
    if not payment.requests.filter(kind=TransactionKind.VOID, state=RequestState.WAITING).exists():
        request = GatewayRequest.objects.create(
            payment=payment, kind=TransactionKind.VOID, amount=amount, by=work.by
        )
        work.fact("order.gateway_asked", **_about(request, payment))


# --- Sending: called by the worker around its question to the gateway ---------------------------


def claim(model: type[Row], most: int) -> list[Row]:
    """Take due rows under a lease, by one conditional update each, whose row count is the answer.

    Of a payment's requests only the oldest: the next is sent when that one is answered, so that it
    is plain from the payment alone whether a request was done.
    """
    now = timezone.now()
    due = Q(next_attempt_at__lte=now) & (Q(locked_until=None) | Q(locked_until__lt=now))
    if model is GatewayRequest:
        before = GatewayRequest.objects.filter(
            payment=OuterRef("payment"), pk__lt=OuterRef("pk"), state=RequestState.WAITING
        )
        due &= Q(~Exists(before), state=RequestState.WAITING)
    else:
        due &= Q(done_at=None)
    table = model._default_manager  # noqa: SLF001 (documented)
    rows = table.filter(due).order_by("next_attempt_at", "pk")
    return [
        table.get(pk=pk)
        for pk in rows.values_list("pk", flat=True)[:most]
        if table.filter(due, pk=pk).update(locked_until=now + LEASE)
    ]


@transaction.atomic
def may_send(request: GatewayRequest) -> bool:
    """Look under the order's lock, just before a request is sent, whether it still should be.

    A capture of a cancelled order is withdrawn: the void behind it books what became of it. One of
    an order that is held from being charged waits. What ended meanwhile is not sent either. A
    capture keeps what had been captured before it: an answer that is lost may be booked by a
    webhook, and the repeat must still mean the same amount.
    """
    work, payment = payments.lock_payment(request.payment, by=request.by)
    request = GatewayRequest.objects.lock_one(request.pk)
    if request.state != RequestState.WAITING:
        return False
    if request.captured_before is None:
        request.captured_before = payments.sums(payment)[TransactionKind.CAPTURE]
        request.save(update_fields=["captured_before"])
    if request.kind != TransactionKind.CAPTURE:
        return True
    cancelled = work.order.status == OrderStatus.CANCELLED
    if not cancelled and not any(hold.type.stops_capture for hold in work.holds):
        return True
    if cancelled:
        request.state = RequestState.WITHDRAWN
    request.next_attempt_at, request.locked_until = work.now + HELD, None
    request.save()
    return False


@transaction.atomic
def note_done(request: GatewayRequest, state: GatewayState) -> None:
    """The gateway did it, now or before: book what moved and end the request."""
    work, payment = payments.lock_payment(request.payment, by=request.by)
    request = GatewayRequest.objects.lock_one(request.pk)
    book(work, payment, state)

    failed = {row.key: row for row in state.failed if row.key}
    request.locked_until, request.error = None, ""
    if (lost := failed.get(str(request.key))) is None:
        request.state, request.done_at = RequestState.DONE, work.now
    else:  # taken, and not sent after all
        request.state, request.error = RequestState.DECLINED, (lost.why or FAILED)[:300]
        work.fact("order.gateway_declined", **_about(request, payment), reason=request.error)
    request.save()
    payments.finish(work, payment)


@transaction.atomic
def note_declined(request: GatewayRequest, reason: str, state: GatewayState | None) -> None:
    """The gateway will not: keep its reason for a person, and book how the payment stands there."""
    work, payment = payments.lock_payment(request.payment, by=request.by)
    request = GatewayRequest.objects.lock_one(request.pk)
    if state:
        book(work, payment, state)
    if request.state != RequestState.WAITING:  # ended meanwhile by another worker
        payments.finish(work, payment)
        return

    request.state, request.error, request.locked_until = RequestState.DECLINED, reason[:300], None
    request.save()
    work.fact("order.gateway_declined", **_about(request, payment), reason=request.error)
    payments.finish(work, payment)


@transaction.atomic
def note_unanswered(request: GatewayRequest, reason: str) -> None:
    """The gateway did not answer: try again later and later, for two days; then a person decides."""
    work, payment = payments.lock_payment(request.payment, by=request.by)
    request = GatewayRequest.objects.lock_one(request.pk)
    if request.state != RequestState.WAITING:
        return
    request.error, request.locked_until = reason[:300], None
    if request.attempts < len(LADDER):
        request.next_attempt_at = work.now + timedelta(seconds=LADDER[request.attempts])
        request.attempts += 1
    else:
        request.state = RequestState.GIVEN_UP
    request.save()
    if request.attempts == 1 or request.state == RequestState.GIVEN_UP:
        facts = _about(request, payment)
        work.fact("order.gateway_unanswered", **facts, reason=reason[:300], state=request.state)
    pipeline.settle(work)


# --- Hearing ----------------------------------------------------------------------------------


def hear(gateway: str, *, event_id: str, name: str, reference: str) -> bool:
    """Keep a webhook until the gateway was asked; whether it is new. A repeat changes nothing."""
    _, created = GatewayNotice.objects.get_or_create(
        gateway=gateway, event_id=event_id, defaults={"name": name[:80], "reference": reference}
    )
    return created


@transaction.atomic
def bring_in_line(payment: Payment, state: GatewayState) -> Payment:
    """Book the difference between what the gateway says of a payment and what is booked here."""
    work, payment = payments.lock_payment(payment, by=BY.format(payment.gateway))
    book(work, payment, state)
    return payments.finish(work, payment)


def note_heard(notice: GatewayNotice) -> None:
    """The payment that a webhook was about is in line."""
    GatewayNotice.objects.filter(pk=notice.pk).update(
        done_at=timezone.now(), locked_until=None, error=""
    )


def note_unheard(notice: GatewayNotice, reason: str) -> None:
    """Look again later: the gateway is silent, or the order is not here yet. Given up after days."""
    now, attempts = timezone.now(), notice.attempts
    over = attempts >= len(LADDER)
    GatewayNotice.objects.filter(pk=notice.pk).update(
        attempts=attempts + 1,
        next_attempt_at=now + timedelta(seconds=0 if over else LADDER[attempts]),
        done_at=now if over else None,
        locked_until=None,
        error=reason[:300],
    )


# --- Expiry -----------------------------------------------------------------------------------


def expire_authorizations() -> int:
    """Give up authorisations whose time has passed, each by itself; how many (a chore)."""
    due = Payment.objects.filter(expires_at__lt=timezone.now()).order_by("expires_at")
    return sum(_expire(payment) for payment in due.select_related("order")[:500])


@transaction.atomic
def _expire(payment: Payment) -> bool:
    work, payment = payments.lock_payment(payment, by="chore:expire_authorizations")
    if payment.expires_at is None or payment.expires_at >= work.now:
        return False
    amount = payments.open_amount(payment)
    payment.expires_at = None
    payment.save(update_fields=["expires_at"])
    if amount > 0:
        payments.record_transaction(work, payment, TransactionKind.VOID, amount, "")
        hold_unpaid(work, payment, "has expired")
    payments.finish(work, payment)
    return amount > 0


def _refuse_no_gateway(payment: Payment) -> None:
    if not payment.gateway:
        raise NoGateway(payment=payment.number)


def _limit(kind: TransactionKind, payment: Payment, grant: RefundGrant | None = None) -> Decimal:
    """The most that a gateway may be asked for now: what is left and not asked for."""
    asked = waiting_amount(kind, payment=payment)
    if grant is not None:
        of_grant = payments.left_of(grant) - waiting_amount(kind, grant=grant.pk)
        return min(of_grant, payments.refundable_amount(payment) - asked)
    if kind == TransactionKind.VOID:
        return payments.open_amount(payment) - waiting_amount(
            TransactionKind.CAPTURE, payment=payment
        )
    return payments.open_amount(payment) - asked


def _asked(payment: Payment, kind: TransactionKind, cause: str) -> GatewayRequest | None:
    return payment.requests.filter(kind=kind, cause=cause).first() if cause else None


def _ask(
    work: pipeline.Work,
    payment: Payment,
    kind: TransactionKind,
    amount: Decimal,
    *,
    cause: str = "",
    grant: RefundGrant | None = None,
) -> GatewayRequest:
    request = GatewayRequest.objects.create(
        payment=payment, kind=kind, amount=amount, cause=cause, grant=grant, by=work.by
    )
    work.fact("order.gateway_asked", **_about(request, payment))
    pipeline.settle(work)
    return request


def _about(request: GatewayRequest, payment: Payment) -> dict[str, str]:
    return {
        "payment": payment.number,
        "gateway": payment.gateway,
        "kind": request.kind,
        "amount": plain(request.amount, payment.currency),
    }
