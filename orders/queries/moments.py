"""What happened to a customer's orders, for the customer's timeline."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from customers.queries.moments import Moment, events_before
from oms import words
from orders.enums import CancelReason, PaymentMethod, PromiseReason
from orders.models import Order
from orders.queries.hold_types import hold_names

MOST = 1_000  # orders of one person whose events are looked at, the newest ones
TONES = {"order.held": "warn", "order.cancelled": "bad", "order.refund_failed": "bad"}
MONEY = {  # what happened to an amount
    "order.payment_captured": "received",
    "order.payment_voided": "given up",
    "order.refund_granted": "granted as refund",
    "order.refund_paid": "paid back",
    "order.refund_failed": "came back: the refund failed",
}
NAMES = (
    "order.placed",
    "order.held",
    "order.hold_lifted",
    "order.cancelled",
    "order.promise_changed",
    *MONEY,
)


def moments_of(members: Sequence[int], before: int | None, most: int) -> list[Moment]:
    """Placing, holds, promises, money and cancellations of the newest orders of a person."""
    rows = Order.objects.filter(customer__in=members).order_by("-pk")
    orders = dict(rows.values_list("pk", "currency")[:MOST])
    found = events_before("orders.order", orders, NAMES, before, most)
    held = any(event.name.startswith("order.h") for event in found)
    kinds = dict(hold_names()) if held else {}
    return [
        Moment.of(
            event,
            "order",
            _sentence(event.name, event.facts, orders[event.subject_id], kinds),
            tone=TONES.get(event.name, ""),
            page=("orders_order_change", event.subject_id),
        )
        for event in found
    ]


def _sentence(name: str, facts: dict[str, Any], currency: str, kinds: dict[str, str]) -> str:
    amount = words.money(Decimal(str(facts.get("amount") or 0)), currency)
    if name in MONEY:
        method = dict(PaymentMethod.choices).get(facts.get("method", ""), "")
        said = f"{amount} {MONEY[name]}"
        return f"{said} – {words.sentence_case(method)}" if method else said
    if name == "order.placed":
        total = words.money(Decimal(str(facts.get("total") or 0)), currency)
        return f"Ordered {words.count(facts.get('units'), 'unit')}, {total}"
    if name == "order.cancelled":
        what = "Cancelled" if facts.get("whole") else "Cancelled in part"
        why = dict(CancelReason.choices).get(facts.get("reason", ""), "")
        return f"{what}, {amount} less" + (f" – {str(why).lower()}" if why else "")
    if name == "order.promise_changed" and facts["reason"] == PromiseReason.SUPPLY_LOST:
        return "No day can be promised any more"
    if name == "order.promise_changed":
        return f"Ship by {words.moment(datetime.fromisoformat(facts['promised_at']))} instead"
    kind = kinds.get(facts.get("kind", ""), "hold")
    reason = facts.get("reason", "")
    said = f"Put on hold – {kind}" if name == "order.held" else f"Hold lifted – {kind}"
    return f"{said}: {reason}" if reason and not reason.startswith(kind) else said
