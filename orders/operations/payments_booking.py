"""Booking how a payment stands at its gateway: the differences to what is booked, and no more.

A refund that the gateway first took and then could not send comes back as a transaction of its own:
the money is here again, the grant is to be paid again, and finance is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from oms.money import ZERO, plain
from orders.enums import HoldKind, RequestState, TransactionKind
from orders.models import GatewayRequest, Hold, Payment, PaymentTransaction, RefundGrant
from orders.operations import hold_rows, payments, pipeline, tasks
from orders.queries.balance import balance

OWNER = "Finance"
FAILED = "The gateway could not send it to the buyer."


@dataclass(frozen=True, slots=True)
class Refunded:
    """One refund at a gateway; `key` is that of our request, empty when it was made elsewhere."""

    reference: str
    amount: Decimal
    key: str = ""
    why: str = ""  # it failed, of one that did


@dataclass(frozen=True, slots=True)
class GatewayState:
    """How a payment stands at its gateway: amounts in all, `open` what may still be captured."""

    reference: str
    captured: Decimal
    open: Decimal
    refunds: tuple[Refunded, ...] = ()
    failed: tuple[Refunded, ...] = ()  # refunds that were not sent after all
    expires_at: datetime | None = None


def book(work: pipeline.Work, payment: Payment, state: GatewayState) -> None:
    """Record the differences; a state that is older than what is booked changes nothing.

    A payment that shares its reference with another order's stands for a part of the gateway's;
    only its own refunds are booked on it.
    """
    own = not payment.shares_reference
    if own and not _book_captures(work, payment, state):
        return
    for refund, request in _new_refunds(payment, state, own=own):
        asked = request is not None and request.state != RequestState.OTHERWISE  # not paid by hand
        grant = request.grant if request and asked else _grant_of(work, refund)
        payments.record_transaction(
            work, payment, TransactionKind.REFUND, refund.amount, refund.reference, grant=grant
        )
        if request and request.state == RequestState.GIVEN_UP:  # it was done after all
            request.state, request.done_at, request.error = RequestState.DONE, work.now, ""
            request.save()
    for refund in state.failed:
        _take_back(work, payment, refund)


def _take_back(work: pipeline.Work, payment: Payment, refund: Refunded) -> None:
    """Reverse a refund that was booked and failed, once; finance decides how the buyer gets it."""
    sent = payment.transactions.filter(kind=TransactionKind.REFUND, reference=refund.reference)
    known = payment.transactions.filter(kind=TransactionKind.REVERSED, reference=refund.reference)
    row = sent.first()
    if row is None or known.exists():
        return
    payments.record_transaction(
        work, payment, TransactionKind.REVERSED, row.amount, row.reference, grant=row.grant
    )
    why = refund.why or FAILED
    asked = payment.requests.filter(kind=TransactionKind.REFUND, state=RequestState.DONE)
    if key := _uuid(refund.key):
        asked.filter(key=key).update(state=RequestState.DECLINED, error=why[:300], done_at=None)
    amount = plain(row.amount, payment.currency)
    title = f"Refund of {amount} {payment.currency} failed ({row.reference}): pay it another way"
    tasks.create_task(work.order, by=work.by, title=title[:200], owner=OWNER)


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


def _book_captures(work: pipeline.Work, payment: Payment, state: GatewayState) -> bool:
    booked = payments.sums(payment)
    captured = state.captured - booked[TransactionKind.CAPTURE]
    if captured < 0:
        return False
    at = f"{state.reference}@{plain(state.captured, payment.currency)}"
    still = payments.open_amount(payment) - captured
    if state.open > max(still, ZERO):
        more = state.open - still
        payments.record_transaction(work, payment, TransactionKind.AUTHORIZE, more, at)
    if captured:
        payments.record_transaction(work, payment, TransactionKind.CAPTURE, captured, at)
    if state.open < still:
        lost = still - state.open
        payments.record_transaction(work, payment, TransactionKind.VOID, lost, at)
        hold_unpaid(work, payment, "was given up by the gateway")
    expires_at = state.expires_at if state.open else None
    if payment.expires_at != expires_at:
        payment.expires_at = expires_at
        payment.save(update_fields=["expires_at"])
    return True


def _new_refunds(
    payment: Payment, state: GatewayState, *, own: bool
) -> Iterator[tuple[Refunded, GatewayRequest | None]]:
    rows = PaymentTransaction.objects.filter(
        kind=TransactionKind.REFUND,
        payment__gateway=payment.gateway,
        reference__in=[refund.reference for refund in state.refunds],
    )
    known = set(rows.values_list("reference", flat=True))
    keys = [refund.key for refund in state.refunds if refund.key]
    asked = {str(row.key): row for row in GatewayRequest.objects.filter(key__in=keys)}
    for refund in state.refunds:
        request = asked.get(refund.key)
        mine = request.payment_id == payment.pk if request else own
        if mine and refund.reference not in known:
            yield refund, request


def _grant_of(work: pipeline.Work, refund: Refunded) -> RefundGrant:
    """Whoever refunded at the gateway itself decided it there."""
    grant = RefundGrant.objects.create(
        order=work.order,
        amount=refund.amount,
        reason="Refunded at the gateway, not here",
        reference=refund.reference[:80],
        by=work.by,
        at=work.now,
    )
    amount = plain(grant.amount, work.order.currency)
    work.fact("order.refund_granted", grant=grant.pk, amount=amount, reference=grant.reference)
    return grant


def hold_unpaid(work: pipeline.Work, payment: Payment, what: str) -> None:
    """Stop an order that could still ship and is no longer covered, until it is."""
    leaving = any(line.due > line.shipped for line in work.lines)
    held = any(hold.kind == HoldKind.PAYMENT for hold in work.holds)
    work.money = balance(work.order)
    if leaving and not held and not work.money_ready:
        reason = f"The authorisation of {payment.number} {what}; ask the buyer to pay again."
        hold_rows.begin(work, Hold(type_id=HoldKind.PAYMENT, reason=reason))
