"""Returned goods unit by unit, as a hand scanner sends them: announced, not announced, not ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from fulfillment.enums import Outcome, RefundTiming, ReturnStatus, StandardReason
from fulfillment.models import Return, ReturnLine
from fulfillment.operations import documents
from fulfillment.operations.receiving import REASON, take_in
from fulfillment.queries.parcel_lots import in_parcels
from fulfillment.queries.policies import returnable
from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import MovementKind, StockCondition
from oms import events
from oms.errors import DomainError

if TYPE_CHECKING:
    from inventory.models import Lot

OPEN = {ReturnStatus.APPROVED, ReturnStatus.RECEIVED}  # an extra unit may show up last


class UnknownCode(DomainError):
    """Neither a product nor a lot or serial number."""

    code = "unknown_code"
    message = "Nothing here has the code {what}; put the unit aside and ask."


class SentWithAnother(DomainError):
    """The serial number is in a parcel of another order."""

    code = "sent_with_another"
    message = (
        "Serial number {serial} went out with order {order}, parcel {parcel} of {shipment}; "
        "receive it with a return of that order."
    )


@dataclass(frozen=True, slots=True)
class ScannedUnit:
    """What became of one scanned unit: `how` is announced, unannounced or foreign."""

    document: Return
    sku: str
    how: str


@transaction.atomic
def scan_return(document: Return, *, by: str, code: str, outcome: str) -> ScannedUnit:
    """Take in one unit with this SKU, barcode, lot or serial number.

    An announced unit gets the outcome. One of the order that nobody announced is added to the
    return and set apart; a product that was not announced at all is credited when inspected. One that is not of the order, or
    more than was ever sent, or than was in a parcel that the carrier brings back, is set apart as
    found with this return and credited to nobody. Each is a movement of its own. Raises IllegalMove, UnknownCode, SentWithAnother for a serial number
    that is in another order's parcel, and LotMissing for a foreign unit of a product that is
    tracked by lot where its SKU was scanned.
    """
    code = code.strip()
    document = documents.lock(document)
    lines = documents.return_lines(document).values()
    if not takes_scans(document, lines):
        raise documents.IllegalMove(
            number=document.number, status=document.status, to=ReturnStatus.RECEIVED
        )
    product, sku, lot = _meant(code)
    code_of_lot = lot.code if lot else ""
    if lot:
        _refuse_strange(document, lot)

    mine = _with_lot_first([line for line in lines if _is(line, product)], lot)
    if line := next((line for line in mine if line.missing or line.waived), None):
        _take_one(document, line, outcome, code_of_lot, by=by)
        return ScannedUnit(document, sku, "announced")
    own = not hasattr(document, "origin_return")  # a parcel that comes back holds what it held
    if own and (line := _unannounced(document, product)):
        events.record(
            "return.unannounced", document, by=by, **documents.about(document.order), sku=sku
        )
        _take_one(document, line, Outcome.QUARANTINE, code_of_lot, by=by)
        return ScannedUnit(document, sku, "unannounced")
    _set_apart(document, product, lot, by=by)
    events.record("return.foreign", document, by=by, **documents.about(document.order), sku=sku)
    return ScannedUnit(document, sku, "foreign")


def takes_scans(document: Return, lines: Iterable[ReturnLine]) -> bool:
    """Whether units can be scanned in: of a closed return only what was credited and may turn up."""
    return document.status in OPEN or (
        document.status == ReturnStatus.CLOSED and any(line.waived for line in lines)
    )


def _meant(code: str) -> "tuple[int, str, Lot | None]":
    """Product id, SKU, and the lot where its code was scanned."""
    if found := stock.product_with_code(code):
        return found.pk, found.sku, None
    if lot := stock.lots_with_code(code).select_related("product").first():
        return lot.product_id, lot.product.sku, lot
    raise UnknownCode(what=code)


def _refuse_strange(document: Return, lot: "Lot") -> None:
    """Raise SentWithAnother when this very unit is in a parcel of another order."""
    sent = in_parcels([lot.pk]).filter(is_serial=True).first()
    parcel = sent.parcel_line.parcel if sent else None
    if parcel and parcel.shipment and parcel.shipment.order_id != document.order_id:
        raise SentWithAnother(
            serial=lot.code,
            order=parcel.shipment.order.number,
            parcel=parcel.position,
            shipment=parcel.shipment.number,
        )


def _with_lot_first(mine: list[ReturnLine], lot: "Lot | None") -> list[ReturnLine]:
    """Of several lines of a product, those that the lot went out with come first."""
    if lot is None or len(mine) < 2:  # noqa: PLR2004 (nothing to choose)
        return mine
    return sorted(mine, key=lambda line: lot.pk not in stock.shipped_lots(line.order_line_id))


def _is(line: ReturnLine, product: int) -> bool:
    return line.order_line.product_id == product


def _take_one(document: Return, line: ReturnLine, outcome: str, lot: str, *, by: str) -> None:
    named = {(line.pk, outcome): [(lot, 1)]} if lot else {}
    take_in(document, by=by, outcomes={line.pk: {outcome: 1}}, named=named)


def _unannounced(document: Return, product: int) -> ReturnLine | None:
    """The return's line for one more unit of the order's; none when no more can come back."""
    rows = list(document.order.lines.filter(product=product).order_by("position"))
    free = returnable(rows)
    wanted = next((row for row in rows if free[row.pk] > 0), None)
    if wanted is None:
        return None
    line, new = ReturnLine.objects.get_or_create(
        return_order=document,
        order_line=wanted,
        defaults={
            "reason_id": StandardReason.OTHER,
            "quantity": 1,
            "refund_on": RefundTiming.INSPECTION,
        },
    )
    if not new:
        line.quantity += 1
        line.save(update_fields=["quantity"])
    return line


def _set_apart(document: Return, product: int, lot: "Lot | None", *, by: str) -> None:
    change = inventory.Change(
        product,
        document.location_id,
        1,
        MovementKind.RETURNED,
        document.number,
        "Returned: not of this order",
        condition=StockCondition.QUARANTINED,
        reason_code=REASON,
        lot_id=lot.pk if lot else None,
    )
    inventory.move([change], by=by)
