"""What a return entitles its buyer to by now, and bringing the order's credit in line with it.

The entitlement is a function of facts (units, verdicts, status) and of the timing that each line
was promised; what was credited is kept beside it. Only the difference is ever credited or charged,
under the order's lock, so that a repeat or a second clerk finds nothing left to do.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from fulfillment.models import Return, ReturnLine
from fulfillment.operations import documents
from fulfillment.operations.undelivered import settle_undelivered
from fulfillment.queries.entitlement import entitled, fee_of
from oms import events
from oms.counting import write_counts
from oms.history import stamp
from oms.money import ZERO, plain
from orders import operations as orders
from orders.queries.totals import share, value_of


@dataclass(frozen=True, slots=True)
class _Part:
    line: ReturnLine
    units: int
    value: Decimal
    fee: Decimal


def settle_credit(document: Return, lines: Iterable[ReturnLine], *, by: str) -> None:
    """Credit units that are due and not credited; charge units that were credited and are not due.

    The return and its order are locked, and the lines were read since. Units that were charged
    again are never credited by themselves: the order's change does that.
    """
    give, take = [], []
    for line in lines:
        have, due = line.credited - line.charged, entitled(line, document.status)
        free = min(
            line.order_line.shipped - line.order_line.credited, line.quantity - line.credited
        )
        if due > have and free > 0:
            give.append((line, min(due - have, free)))
        elif due < have:
            take.append((line, have - due))
    if give:
        _credit(document, give, by=by)
    if take:
        _charge(document, take, by=by)
    if (give or take) and hasattr(document, "origin_return"):
        settle_undelivered(document.order, by=by, reference=document.number)


def _credit(document: Return, units: Collection[tuple[ReturnLine, int]], *, by: str) -> None:
    parts = _parts(document, units)
    document.credit += orders.credit_return(
        document.order,
        by=by,
        credited=[orders.Credited(part.line.order_line_id, part.units, part.fee) for part in parts],
        reference=document.number,
    )
    for part in parts:
        part.line.credited += part.units
        part.line.fee += part.fee
        part.line.refund += part.value - part.fee
        document.fee += part.fee
    _save(document, [part.line for part in parts], by=by, reason="credited")
    _tell(document, "return.credited", by=by)


def _parts(document: Return, units: Iterable[tuple[ReturnLine, int]]) -> list[_Part]:
    """Worth and fee of each line; the label is taken off once, from the first credit."""
    currency = document.order.currency
    label = ZERO if document.credit else document.label_cost
    parts = []
    for line, quantity in units:
        value, _ = value_of(line.order_line, quantity, currency)
        fee = fee_of(line, value, quantity, currency)
        label_part = min(label, value - fee)
        label -= label_part
        parts.append(_Part(line, quantity, value, fee + label_part))
    return parts


def _charge(document: Return, units: Collection[tuple[ReturnLine, int]], *, by: str) -> None:
    amounts = {}
    for line, quantity in units:
        amount = share(line.refund, quantity, line.credited - line.charged, document.order.currency)
        amounts[line.order_line_id] = amount
        line.charged += quantity
        line.refund -= amount
    document.charged += orders.charge_unreturned(
        document.order, by=by, amounts=amounts, reference=document.number
    )
    _save(document, [line for line, _ in units], by=by, reason="charged again")
    _tell(document, "return.charged", by=by)


def _save(document: Return, lines: list[ReturnLine], *, by: str, reason: str) -> None:
    write_counts(lines, "credited", "charged")
    ReturnLine.objects.bulk_update(lines, ["fee", "refund"])
    stamp(document, by=by, reason=reason)
    document.save(update_fields=["credit", "fee", "charged"])


def _tell(document: Return, name: str, *, by: str) -> None:
    """Every unit credited so far, so that a document of it can be issued once and completed."""
    rows = document.lines.filter(credited__gt=0).order_by("pk")
    currency = document.order.currency
    events.record(
        name,
        document,
        by=by,
        **documents.about(document.order),
        location=document.location_id,
        credit=plain(document.credit, currency),
        fee=plain(document.fee, currency),
        charged=plain(document.charged, currency),
        lines=[
            list(row) for row in rows.values_list("order_line", "order_line__product", "credited")
        ],
    )
