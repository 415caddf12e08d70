"""Asking gateways what they were requested to do, and how payments stand that they spoke of.

Every question is asked outside any transaction; what comes of it is booked in one of its own.
"""

import logging
from collections.abc import Callable
from typing import Any

from oms.money import ZERO
from orders.adapters.gateways import GATEWAYS
from orders.adapters.gateways.notices import Declined, Unanswered
from orders.models import GatewayNotice, GatewayRequest, Payment
from orders.operations import payments_gateway
from orders.operations.payments_gateway import Row

logger = logging.getLogger(__name__)
MOST = 50  # of each in a run


def ask_gateways() -> int:
    """Send what is due and follow up what was heard; how many were dealt with (a chore)."""
    requests = payments_gateway.claim(GatewayRequest, MOST)
    for request in requests:
        _each(request, _send, payments_gateway.note_unanswered)
    notices = payments_gateway.claim(GatewayNotice, MOST)
    for notice in notices:
        _each(notice, _follow_up, payments_gateway.note_unheard)
    return len(requests) + len(notices)


def _each(row: Row, act: Callable[[Row], None], later: Callable[[Row, str], None]) -> None:
    """Deal with one row; one that breaks us is tried later and must not keep the others waiting."""
    try:
        act(row)
    except Exception as broken:  # whatever it is: the others wait
        logger.exception("%s %s of a gateway broke", type(row).__name__, row.pk)
        try:
            later(row, f"{type(broken).__name__}; the log says more.")
        except Exception:  # its lease ends by itself
            logger.exception("%s %s could not be put off", type(row).__name__, row.pk)


def _send(request: GatewayRequest) -> None:
    if not payments_gateway.may_send(request):
        return
    request.refresh_from_db()
    payment = Payment.objects.select_related("order").get(pk=request.payment_id)
    gateway = GATEWAYS[payment.gateway]
    act = getattr(gateway, request.kind)
    try:
        state = act(
            payment.reference,
            request.amount,
            payment.currency,
            key=str(request.key),
            captured=request.captured_before or ZERO,
        )
    except Declined as refusal:
        payments_gateway.note_declined(request, str(refusal), _look(payment))
    except Unanswered as silence:
        logger.warning("gateway %s did not answer: %s", payment.gateway, silence.__cause__)
        payments_gateway.note_unanswered(request, str(silence))
    else:
        payments_gateway.note_done(request, state)


def _look(payment: Payment) -> Any:
    """How a payment stands whose gateway has just refused something; nothing when it is silent."""
    try:
        return GATEWAYS[payment.gateway].lookup(payment.reference, payment.currency)
    except (Declined, Unanswered):
        return None


def _follow_up(notice: GatewayNotice) -> None:
    rows = Payment.objects.filter(gateway=notice.gateway, reference=notice.reference)
    payments = list(rows.select_related("order").order_by("pk"))
    if not payments:
        payments_gateway.note_unheard(notice, "No payment with this reference is here yet.")
        return
    first = payments[0]
    try:
        state = GATEWAYS[notice.gateway].lookup(first.reference, first.currency)
    except (Declined, Unanswered) as silence:
        payments_gateway.note_unheard(notice, str(silence))
        return
    for payment in payments:
        payments_gateway.bring_in_line(payment, state)
    payments_gateway.note_heard(notice)
