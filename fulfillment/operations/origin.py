"""Return to origin: a carrier brings a parcel back, it is received, and somebody decides.

The units come back by a return of their own, which credits them as they are received. What was to
be collected for them on delivery is called off with the carrier. Sending them once more is another
order, paid with that credit, as with an exchange.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from customers import queries as customers
from fulfillment.enums import (
    ORIGIN_MOVES,
    ExchangeStatus,
    ExchangeTiming,
    OriginDecision,
    ReturnStatus,
    ShipmentStatus,
    StandardReason,
)
from fulfillment.models import Exchange, OriginReturn, Return, ReturnLine, Shipment
from fulfillment.operations import documents
from fulfillment.operations.exchanges import GoodsAwaited, at_worth, refuse_waiting
from fulfillment.operations.requesting import expect_back
from fulfillment.operations.returns import refuse_uninspected
from fulfillment.operations.undelivered import settle_undelivered
from fulfillment.queries.making_good import credited_by_claims
from fulfillment.queries.origin import NOTE
from fulfillment.queries.shipments import units_of
from oms import events
from oms.errors import DomainError
from oms.history import stamp
from oms.money import ZERO, plain, quantize
from orders import operations as orders
from orders.enums import PaymentMethod
from orders.queries import balance
from orders.queries.totals import share

if TYPE_CHECKING:
    from orders.models import Order

OWNER = "Support"
HERE = {ReturnStatus.RECEIVED, ReturnStatus.CLOSED}


class DecidedBefore(DomainError):
    """One decision is made about a parcel that came back, or it is put off until later."""

    code = "decided_before"
    message = "About {number} it was decided before: {decision}."


class NothingCameBack(DomainError):
    """There must be units to send once more."""

    code = "nothing_came_back"
    message = "No unit of {number} is here; claim it, or refund it."


def begin(shipment: Shipment, *, by: str, reason: str, note: str = "") -> OriginReturn:
    """Expect a shipment back that has just become returned to sender; its order is locked.

    Everything that is not made good yet is waited for by an approved return, cash on delivery is
    called off, and Support gets the task to decide.
    """
    order = shipment.order
    document = expect_back(shipment, by=by, reason=StandardReason.UNDELIVERED)
    settle_undelivered(order, by=by, reference=shipment.number)
    cash = orders.call_off_cash(order, by=by, amount=_cash_of(shipment), reference=shipment.number)
    row = OriginReturn(
        order=order,
        shipment=shipment,
        return_order=document,
        reason=reason,
        note=sealed_note(order, note),
        cash=cash,
    )
    if document is None:
        row.decision, row.decided_at = OriginDecision.SETTLED, timezone.now()
    stamp(row, by=by)
    row.save()
    if document is not None:
        orders.create_task(order, by=by, title=_title(row), owner=OWNER)
    events.record(
        "shipment.returned_to_origin",
        shipment,
        by=by,
        **documents.about(order),
        reason=reason,
        rma=document.number if document else None,
        cash=plain(cash, order.currency),
    )
    return row


@transaction.atomic
def keep_for_later(row: OriginReturn, *, by: str, reason: str) -> OriginReturn:
    """Put the decision off: the goods stay where they are. Raises DecidedBefore."""
    row = _lock(row, OriginDecision.HOLD)

    return _decide(row, OriginDecision.HOLD, by=by, reason=reason)


@transaction.atomic
def refund_origin(row: OriginReturn, *, by: str, reason: str) -> OriginReturn:
    """Grant the buyer what was credited for the goods, as far as they paid; somebody else pays it.

    Raises DecidedBefore, GoodsAwaited while units are still on their way back, and NotInspected
    while the credit of units that are here waits for an inspection.
    """
    row = _lock(row, OriginDecision.REFUND)
    document = _received(row)

    amount = min(balance(row.order).refundable, document.refunded)
    if amount > 0:
        orders.grant_refund(
            row.order, by=by, amount=amount, reason=reason, reference=document.number
        )
    return _decide(row, OriginDecision.REFUND, by=by, reason=reason)


@transaction.atomic
def reship(
    row: OriginReturn,
    *,
    by: str,
    reason: str,
    shipping_address: dict[str, str] | None = None,
) -> OriginReturn:
    """Send what came back once more, from stock, to the same address or to another.

    The replacement is an order of its own: its stock is reserved now, the credit pays for it, and
    cash that was called off is to be collected for it again. Raises DecidedBefore, GoodsAwaited,
    NotInspected, NothingCameBack, AddressIncomplete, BuyerUnknown, ReplacementHeld and NotAvailable;
    nothing is changed then.
    """
    row = _lock(row, OriginDecision.RESHIP)
    document, order = _received(row), row.order
    rows = [line for line in documents.return_lines(document).values() if line.kept]
    if not rows:
        raise NothingCameBack(number=row.shipment.number)

    orders.lock_credit_of([order])
    replacement = orders.place_replacement(
        order,
        by=by,
        lines=_lines(document, rows),
        reference=document.number,
        shipping_address=shipping_address,
    )
    refuse_waiting(replacement)
    made = Exchange(
        return_order=document,
        replacement=replacement,
        ships=ExchangeTiming.AT_ONCE,
        status=ExchangeStatus.DONE,
        ended_at=timezone.now(),
        note=reason,
    )
    stamp(made, by=by)
    made.save()
    orders.move_spare(order, replacement, by=by, reference=document.number)
    again = min(row.cash, balance(replacement).balance)
    if again > 0:
        orders.record_pending(
            replacement, by=by, method=PaymentMethod.CASH_ON_DELIVERY, amount=again
        )
    return _decide(row, OriginDecision.RESHIP, by=by, reason=reason, replacement=replacement.number)


def _lock(row: OriginReturn, to: OriginDecision) -> OriginReturn:
    order = orders.lock_order(row.order)
    row = OriginReturn.objects.select_related("shipment").lock_one(row.pk)
    row.order = order
    if to not in ORIGIN_MOVES[row.decision]:
        raise DecidedBefore(number=row.shipment.number, decision=row.get_decision_display().lower())
    return row


def _received(row: OriginReturn) -> Return:
    """The return, once nothing of it is waited for, and no credit of it waits for an inspection."""
    document: Return = row.return_order  # type: ignore[assignment]  # there is one until settled
    document.order = row.order
    if document.status not in HERE:
        raise GoodsAwaited(number=document.number)
    refuse_uninspected(document)
    return document


def _decide(
    row: OriginReturn, to: OriginDecision, *, by: str, reason: str, replacement: str | None = None
) -> OriginReturn:
    row.decision, row.decided_because, row.decided_at = to, reason, timezone.now()
    stamp(row, by=by, reason=reason)
    row.save(update_fields=["decision", "decided_because", "decided_at"])
    if to != OriginDecision.HOLD:
        for task in row.order.tasks.filter(owner=OWNER, title=_title(row), done_at=None):
            orders.finish_task(task, by=by, note=str(to.label))
    events.record(
        "shipment.origin_decided",
        row.shipment,
        by=by,
        **documents.about(row.order),
        decision=to,
        replacement=replacement,
    )
    return row


def sealed_note(order: "Order", note: str) -> bytes | None:
    """Goods come back also of a buyer who is erased; nothing is said of them then."""
    try:
        return customers.seal_text(order.subject, note, NOTE)
    except customers.SubjectErased:
        return None


def _title(row: OriginReturn) -> str:
    return f"{row.shipment.number} came back: reship it, refund it, or keep it"


def _cash_of(shipment: Shipment) -> Decimal | None:
    """What is collected with it: all that is open, unless other units are still to be delivered.

    What a claim made good was called off with the claim.
    """
    order = shipment.order
    others = order.shipments.exclude(pk=shipment.pk).exclude(
        status=ShipmentStatus.RETURNED_TO_SENDER
    )
    lines = {line.pk: line for line in order.lines.all()}
    if not others.exists() and all(line.due <= line.shipped for line in lines.values()):
        return None
    claimed = credited_by_claims(shipment)
    parts = (
        share(line.total, row.quantity - claimed.get(line.pk, 0), line.quantity, order.currency)
        for row in units_of(shipment)
        for line in [lines[row.line_id]]
    )
    return sum(parts, ZERO)


def _lines(document: Return, rows: Sequence[ReturnLine]) -> list[orders.PlacedLine]:
    """The same goods, worth what was credited for them, or what they cost where nothing was yet."""
    order, placed = document.order, []
    for row in rows:
        line = row.order_line
        gross = (
            row.refund + row.fee
            if row.credited - row.charged == row.kept
            else share(line.total, row.kept, line.quantity, order.currency)
        )
        tax = quantize(line.tax_amount * gross / line.total, order.currency) if line.total else ZERO
        worth = gross if order.price_includes_tax else gross - tax
        placed.append(at_worth(line.stock_sku, row.kept, worth))
    return placed
