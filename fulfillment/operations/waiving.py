"""Refunds without goods: units whose price is given back although nobody waits for them.

They stay with the buyer, or nobody knows where they are. Nothing comes into stock by it. Should
units turn up all the same they are received like others, and are not credited twice.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from fulfillment.enums import ReturnStatus
from fulfillment.models import Return, ReturnLine
from fulfillment.operations import documents
from fulfillment.operations.entitlement import settle_credit
from fulfillment.operations.expecting import expect_units
from fulfillment.operations.receiving import received
from fulfillment.operations.requesting import write_return
from fulfillment.queries.policies import Wish, policies_for
from oms import events
from oms.counting import write_counts
from oms.errors import DomainError
from oms.money import ZERO, plain
from orders import operations as orders
from orders.queries.totals import share

if TYPE_CHECKING:
    from orders.models import Order, OrderLine


class AboveKeepLimit(DomainError):
    """The policy lets buyers keep only goods of little worth."""

    code = "above_keep_limit"
    message = (
        "{number}: the buyer may keep goods worth {limit} {currency}, and these are worth {worth}. "
        "Somebody who may waive the policy can still refund them."
    )


@transaction.atomic
def let_keep(document: Return, *, by: str, reason: str) -> Return:
    """Refund what is missing of a return without goods, within the keep limit of its policy.

    Raises AboveKeepLimit, and IllegalMove once the return has ended or everything is here.
    """
    document = documents.lock(document)
    lines = list(document.lines.select_related("order_line__product"))
    missing = [(row.order_line, row.missing) for row in lines]
    refuse_above_keep_limit(document.number, document.order, missing)
    return waive_missing(document, by=by, reason=reason)


def refuse_above_keep_limit(
    number: str, order: "Order", units: "Iterable[tuple[OrderLine, int]]"
) -> None:
    """Raise AboveKeepLimit where units are worth more than the strictest of their policies allows."""
    units, currency = list(units), order.currency
    limit = min(row.keep_limit for row in policies_for(order, [line for line, _ in units]).values())
    parts = [share(line.total, count, line.quantity, currency) for line, count in units]
    worth = sum(parts, ZERO)
    if worth > limit:
        raise AboveKeepLimit(
            number=number,
            limit=plain(limit, currency),
            worth=plain(worth, currency),
            currency=currency,
        )


@transaction.atomic
def waive_missing(document: Return, *, by: str, reason: str) -> Return:
    """Refund what is missing of a return without goods, whatever it is worth.

    The units are credited at once, free of fees, and nobody waits for them. What is here already
    counts as before: the return is received then, and closed where nothing had come. Raises
    IllegalMove once the return has ended or everything is here.
    """
    document = documents.lock(document)
    lines = documents.return_lines(document)
    some = any(line.received for line in lines.values())
    to = ReturnStatus.RECEIVED if some else ReturnStatus.CLOSED
    if document.status not in {ReturnStatus.REQUESTED, ReturnStatus.APPROVED}:
        raise documents.IllegalMove(number=document.number, status=document.status, to=to)

    units = _waive(lines.values())
    if not document.credit and not some:
        document.label_cost = ZERO
        document.save(update_fields=["label_cost"])
    facts = received(document, lines) if some else {}
    documents.move(document, to, by=by, reason=reason, **facts)
    return _credit(document, lines, units, reason, by=by)


@transaction.atomic
def credit_without_goods(
    order: "Order", *, by: str, wishes: Mapping[int, Wish], reference: str, reason: str
) -> Return:
    """Refund shipped units (by order line id) that nobody expects back: a closed return of its own.

    The buyer is not asked for anything. A repeat with the same reference gives the existing return.
    Raises NotReturnable and UnknownReason.
    """
    order = orders.lock_order(order)
    if known := order.returns.filter(reference=reference).first():
        return known
    document = write_return(order, by=by, wishes=wishes, reference=reference, waiver=reason)
    lines = documents.return_lines(document)

    units = _waive(lines.values())
    documents.move(document, ReturnStatus.CLOSED, by=by, reason=reason)
    return _credit(document, lines, units, reason, by=by)


def _waive(lines: Iterable[ReturnLine]) -> int:
    """Nobody waits for what is missing; nothing is kept of what need not be handled."""
    units = 0
    short = [line for line in lines if line.missing]
    for line in short:
        units += line.missing
        line.waived += line.missing
        line.fee_percent = line.fee_each = ZERO
    write_counts(short, "waived")
    ReturnLine.objects.bulk_update(short, ["fee_percent", "fee_each"])
    return units


def _credit(
    document: Return, lines: Mapping[int, ReturnLine], units: int, reason: str, *, by: str
) -> Return:
    events.record(
        "return.waived",
        document,
        by=by,
        **documents.about(document.order),
        units=units,
        reason=reason,
    )
    settle_credit(document, lines.values(), by=by)
    expect_units(document, by=by)
    return document
