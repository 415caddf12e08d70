"""Payments that orders come with, as they would be inserted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from orders.enums import Gateway, TransactionKind
from orders.models import Channel, Payment, PaymentTransaction
from orders.operations.drafts import Draft
from orders.operations.payments_reference import ReferenceTaken, hold_of
from orders.queries.gateways import gateway_of, owners_of


def build_payments(channel: Channel, drafts: Sequence[Draft], *, by: str, now: datetime) -> None:
    """Give orders the payments they came with; what pays another order is a hold instead."""
    refused = _taken(channel, drafts)
    for draft in drafts:
        _build(channel, draft, refused.get(draft.order.number, {}), by=by, now=now)


def _build(
    channel: Channel, draft: Draft, taken: Mapping[str, ReferenceTaken], *, by: str, now: datetime
) -> None:
    for refusal in taken.values():
        hold = hold_of(refusal)
        hold.placed_by, hold.placed_at = by, now
        draft.holds.append(hold)
    booked = [placed for placed in draft.placed.payments if placed.reference not in taken]
    for index, placed in enumerate(booked, start=1):
        payment = Payment(
            number=f"{draft.order.number}-P{index}",
            method=placed.method,
            reference=placed.reference,
            gateway=gateway_of(channel, placed.method, placed.reference),
            amount=placed.amount,
            currency=draft.placed.currency,
            created_at=now,
        )
        draft.payments.append(payment)
        if kind := TRANSACTION_OF.get(placed.state):
            draft.transactions.append(
                PaymentTransaction(
                    payment=payment,
                    kind=kind,
                    amount=placed.amount,
                    reference=placed.reference,
                    by=by,
                    at=draft.order.placed_at,
                )
            )


def _taken(channel: Channel, drafts: Sequence[Draft]) -> dict[str, dict[str, ReferenceTaken]]:
    """By order number and reference: what is not booked, because it pays another order.

    That may be an earlier one of the same batch. One statement, and none without a gateway.
    """
    wanted = [
        (draft, payment.reference)
        for draft in drafts
        for payment in draft.placed.payments
        if gateway_of(channel, payment.method, payment.reference)
    ]
    owners = owners_of(channel.gateway, {row[1] for row in wanted}) if wanted else {}
    found: dict[str, dict[str, ReferenceTaken]] = defaultdict(dict)
    for draft, reference in wanted:
        number = draft.order.number
        if (owner := owners.setdefault(reference, number)) != number:
            gateway = Gateway(channel.gateway).label
            found[number][reference] = ReferenceTaken(
                gateway=gateway, reference=reference, number=owner
            )
    return found


TRANSACTION_OF = {
    "authorized": TransactionKind.AUTHORIZE,
    "captured": TransactionKind.CAPTURE,
}
