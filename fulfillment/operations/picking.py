"""Picking: units go from the shelf into the trolley, counted or scanned."""

from collections.abc import Mapping
from types import MappingProxyType

from django.db import transaction

from fulfillment.enums import FulfillmentOrderStatus
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from fulfillment.operations import documents, lots
from inventory import queries as stock
from oms import events
from oms.counting import write_counts
from oms.errors import DomainError
from orders.operations import OrderOnHold

NOTHING: lots.Named = MappingProxyType({})


class TooManyPicked(DomainError):
    """More than this fulfilment order asks for, or something that it does not ask for."""

    code = "too_many_picked"
    message = "{number} asks for no further units of {what}."


class UnknownBarcode(DomainError):
    """No product, lot or serial number has this code."""

    code = "unknown_barcode"
    message = "Unknown barcode {what}: no product, lot or serial number has it."


class NotOnThisOrder(DomainError):
    """The code is that of a product which this fulfilment order does not ask for."""

    code = "not_on_this_order"
    message = "{what} is not on {number}."


@transaction.atomic
def pick(
    document: FulfillmentOrder,
    *,
    by: str,
    quantities: Mapping[int, int] | None = None,
    named: lots.Named = NOTHING,
) -> FulfillmentOrder:
    """Take units (by fulfilment line id; all if none) as picked; the last one completes the pick.

    An open fulfilment order is accepted by its first pick. Of tracked products the lots are kept:
    those `named` by line, else what expires first. Raises TooManyPicked, OrderOnHold and
    IllegalMove, for tracked products LotNotHere, LotShort, LotUnusable or LotMissing, and changes
    nothing.
    """
    document = documents.lock(document)
    refuse_held(document)
    if document.status == FulfillmentOrderStatus.OPEN:
        documents.move(document, FulfillmentOrderStatus.ACCEPTED, by=by)
    documents.refuse_move(document, FulfillmentOrderStatus.PICKED)
    lines = documents.lines_of(document)
    wanted = quantities or {line.pk: line.to_pick for line in lines}

    _add(document, lines, wanted)
    lots.choose(document, lines, wanted, named)
    if any(line.to_pick for line in lines):
        facts = {"units": [[pk, quantity] for pk, quantity in wanted.items()]}
        events.record("fulfillment_order.units_picked", document, by=by, **facts)
    else:
        documents.move(document, FulfillmentOrderStatus.PICKED, by=by)
    return document


@transaction.atomic
def scan(document: FulfillmentOrder, *, by: str, code: str) -> FulfillmentOrder:
    """Take one unit with this SKU, barcode, lot or serial number as picked: what a scanner sends.

    A lot or serial number picks just that one; a SKU picks what expires first.

    Two scanners never count the same unit of two lines: the work is locked before it is looked
    at. Raises UnknownBarcode for a code that nothing has, NotOnThisOrder for that of another
    product, TooManyPicked for what is no longer asked for.
    """
    code = code.strip()
    document = documents.lock(document)
    lot_of = {lot.product_id: lot.code for lot in stock.lots_with_code(code)}
    lines = list(document.lines.select_related("order_line__product"))
    for line in lines:
        if line.to_pick and code in _codes(line):
            return pick(document, by=by, quantities={line.pk: 1})
        if line.to_pick and line.order_line.product_id in lot_of:
            named = {line.pk: [(lot_of[line.order_line.product_id], 1)]}
            return pick(document, by=by, quantities={line.pk: 1}, named=named)
    raise _why_not(document, lines, code, set(lot_of))


def refuse_held(document: FulfillmentOrder) -> None:
    """Raise OrderOnHold while a hold is open on the order."""
    if hold := document.order.holds.filter(lifted_at=None).first():
        raise OrderOnHold(number=document.order.number, reason=hold.reason)


def _codes(line: FulfillmentOrderLine) -> set[str]:
    product = line.order_line.product
    return {product.sku, product.barcode, line.order_line.sku}


def _why_not(
    document: FulfillmentOrder, lines: list[FulfillmentOrderLine], code: str, of_lots: set[int]
) -> DomainError:
    """What a code that picks nothing is: asked for no more, of another product, or of none."""
    if any(code in _codes(line) or line.order_line.product_id in of_lots for line in lines):
        return TooManyPicked(number=document.number, what=code)
    product = stock.product_with_code(code)
    lot = None if product else stock.lots_with_code(code).select_related("product").first()
    if sku := product.sku if product else lot and lot.product.sku:
        what = code if code == sku else f"{code} ({sku})"
        return NotOnThisOrder(number=document.number, what=what)
    return UnknownBarcode(what=code)


def _add(
    document: FulfillmentOrder, lines: list[FulfillmentOrderLine], wanted: Mapping[int, int]
) -> None:
    known = {line.pk: line for line in lines}
    for pk, quantity in wanted.items():
        line = known.get(pk)
        if line is None or not 0 <= quantity <= line.to_pick:
            what = line.order_line.sku if line else f"line {pk}"
            raise TooManyPicked(number=document.number, what=what)
        line.picked += quantity
    write_counts(lines, "picked")
