"""Payment intents: captured in parts where the card allows it, refunded, cancelled, looked up.

Loaded by the first question to Stripe: its library is large. Whether something was done is told by
the intent itself; a key that Stripe has forgotten after a day therefore does no harm.
https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
https://docs.stripe.com/payments/multicapture
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import stripe
from django.conf import settings

from oms.money import exponent
from orders.adapters.gateways.notices import Declined, Unanswered
from orders.operations.payments_gateway import GatewayState, Refunded

SECONDS = 20  # for an answer
EXPAND = ["latest_charge"]
TWO_DECIMALS = {"ISK", "UGX"}  # have none, yet Stripe counts them in hundredths
GONE = {"canceled"}
SENT = {"succeeded", "pending", "requires_action"}
LOST = {"failed", "canceled"}


def capture(
    reference: str, amount: Decimal, currency: str, *, key: str, captured: Decimal
) -> GatewayState:
    """Take `amount` beyond the `captured` so far; the rest stays open where the card allows it."""
    intent = _retrieve(reference)
    wanted, before = _minor(amount, currency), _minor(captured, currency)
    if intent.amount_received < before + wanted:
        params: dict[str, Any] = {"amount_to_capture": wanted, "expand": EXPAND}
        if wanted < intent.amount_capturable and _in_parts(intent):
            params["final_capture"] = False
        intent = _ask(
            lambda client: client.v1.payment_intents.capture(reference, params, _once(key))
        )
    return _state(intent, currency)


def refund(
    reference: str, amount: Decimal, currency: str, *, key: str, captured: Decimal
) -> GatewayState:
    """Send `amount` back to where it came from, unless a refund with this key is there already."""
    del captured
    state = lookup(reference, currency)
    if all(row.key != key for row in (*state.refunds, *state.failed)):
        params: dict[str, Any] = {
            "payment_intent": reference,
            "amount": _minor(amount, currency),
            "metadata": {"request": key},
        }
        _ask(lambda client: client.v1.refunds.create(params, _once(key)))
        state = lookup(reference, currency)
    return state


def void(
    reference: str, amount: Decimal, currency: str, *, key: str, captured: Decimal
) -> GatewayState:
    """Give up whatever is still open; the amount is all that is open, Stripe knows no other."""
    del amount, captured
    intent = _retrieve(reference)
    if intent.amount_capturable:
        params: dict[str, Any] = {"expand": EXPAND}
        intent = _ask(
            lambda client: client.v1.payment_intents.cancel(reference, params, _once(key))
        )
    return _state(intent, currency)


def lookup(reference: str, currency: str) -> GatewayState:
    """How the payment stands, with its refunds; one may fail days after it was taken.

    https://docs.stripe.com/refunds#failed-refunds
    """
    return _state(_retrieve(reference), currency)


def _retrieve(reference: str) -> Any:
    return _ask(lambda client: client.v1.payment_intents.retrieve(reference, {"expand": EXPAND}))


def _state(intent: Any, currency: str) -> GatewayState:
    refunds, failed = [], []
    if intent.amount_received:
        listed = _ask(
            lambda client: client.v1.refunds.list({"payment_intent": intent.id, "limit": 100})
        )
        refunds = [_refunded(row, currency) for row in listed.data if row.status in SENT]
        failed = [_refunded(row, currency) for row in listed.data if row.status in LOST]
    is_open = intent.status not in GONE
    return GatewayState(
        intent.id,
        captured=_major(intent.amount_received, currency),
        open=_major(intent.amount_capturable if is_open else 0, currency),
        refunds=tuple(reversed(refunds)),
        failed=tuple(reversed(failed)),
        expires_at=_capture_before(intent),
    )


def _refunded(row: Any, currency: str) -> Refunded:
    why = str(getattr(row, "failure_reason", "") or "").replace("_", " ")
    return Refunded(
        row.id,
        _major(row.amount, currency),
        getattr(row.metadata, "request", ""),
        f"Stripe could not send it: {why}." if why else "",
    )


def _card(intent: Any) -> Any:
    charge = intent.latest_charge
    details = getattr(charge, "payment_method_details", None)
    return getattr(details, "card", None)


def _in_parts(intent: Any) -> bool:
    multicapture = getattr(_card(intent), "multicapture", None)
    return getattr(multicapture, "status", "") == "available"


def _capture_before(intent: Any) -> datetime | None:
    moment = getattr(_card(intent), "capture_before", None)
    return datetime.fromtimestamp(moment, tz=UTC) if moment else None


def _once(key: str) -> Any:
    return {"idempotency_key": key}


def _ask(question: Callable[[stripe.StripeClient], Any]) -> Any:
    with _answers():
        return question(_client(settings.OMS_STRIPE_KEY, settings.OMS_STRIPE_URL))


@contextmanager
def _answers() -> Iterator[None]:
    """Tell apart what Stripe refuses and what nobody knows.

    Wrong keys and too many calls are no answer about the payment: somebody mends them, and the
    request is sent again. The same key while the first call still runs is none either.
    """
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as refusal:
        raise Declined(refusal.user_message or str(refusal)) from refusal
    except stripe.StripeError as silence:
        raise Unanswered(_silence(silence)) from silence


def _silence(error: stripe.StripeError) -> str:
    """What somebody in finance reads of it; the rest is in the log."""
    if isinstance(error, stripe.APIConnectionError):
        return "Stripe could not be reached, or did not answer in time."
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        return "Stripe refuses our key (OMS_STRIPE_KEY)."
    if isinstance(error, stripe.RateLimitError):
        return "Stripe was asked too often."
    return f"Stripe failed: {error.user_message or error}"


@cache
def _client(key: str, url: str) -> stripe.StripeClient:
    """One client, which keeps its connections; the ladder of requests does the trying again."""
    http = stripe.RequestsClient(timeout=SECONDS)
    addresses: Any = {"api": url} if url else None
    return stripe.StripeClient(
        key or "unset", base_addresses=addresses, http_client=http, max_network_retries=0
    )


def _unit(currency: str) -> Decimal:
    return Decimal("0.01") if currency in TWO_DECIMALS else exponent(currency)


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount / _unit(currency))


def _major(amount: int, currency: str) -> Decimal:
    return amount * _unit(currency)
