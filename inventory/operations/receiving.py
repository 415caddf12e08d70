"""Goods that come in: against a purchase order, or blind; good, damaged, short or over.

A delivery is named by its `reference` (the delivery note): the same reference twice is one receipt.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory.enums import MovementKind, OverDelivery, PurchaseOrderStatus, StockCondition
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    Location,
    Lot,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    ReceivedMovement,
    StockMovement,
    Supplier,
)
from inventory.operations import papers
from inventory.operations.lots import lot_of
from inventory.operations.purchasing import expect_rest
from inventory.operations.stock import Change, move
from oms import events, numbers
from oms.errors import DomainError

DAY_SECONDS = 86_400
COST_PLACES = Decimal("0.0001")


class NothingReceived(DomainError):
    """A receipt of nothing."""

    code = "nothing_received"
    message = "Say how many units came."


class NotOnDocument(DomainError):
    """What came is not what the document says."""

    code = "not_on_document"
    message = "{sku} is not on {number}."


class OverDelivered(DomainError):
    """More came than was ordered, and nobody said that it may stay."""

    code = "over_delivered"
    message = "{sku}: {quantity} came, only {missing} of {number} are missing. Accept or leave out."


@dataclass(frozen=True, slots=True)
class Delivered:
    """Units of a product as they came; `unit_cost` (the location's currency) for blind receipts.

    Units of a tracked product name their lot or serial number, each lot in a row of its own.
    """

    product_id: int
    good: int = 0
    damaged: int = 0
    unit_cost: Decimal | None = None
    lot: str = ""
    expires_on: date | None = None

    @property
    def units(self) -> int:
        """Units in whatever state."""
        return self.good + self.damaged


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came at once, and the paper that came with it."""

    rows: tuple[Delivered, ...]
    reference: str = ""
    note: str = ""
    over: str = OverDelivery.REFUSE


@transaction.atomic
def receive_purchase_order(order: PurchaseOrder, delivery: Delivery, *, by: str) -> GoodsReceipt:
    """Take in what a supplier delivered for this order; several deliveries are several receipts.

    Good units are on hand at once, damaged ones lie apart. Units of a product fill its lines by
    position. Beyond the supplier's accepted over-delivery more units are refused, unless the
    delivery says they are accepted; then they stand on the last line as over. When nothing is
    missing the order is closed. A repeat of the reference gives the existing receipt. Raises
    NotAllowedNow, NotOnDocument, OverDelivered, LotMissing, LotNotTracked, LotDiffers or
    NothingReceived and changes nothing.
    """
    order = papers.lock(order)
    if known := known_receipt(order.receipts.all(), delivery):
        return known
    papers.refuse_move(order, PurchaseOrderStatus.CLOSED)
    rows = merged(delivery.rows)
    lines = list(order.lines.select_related("product").order_by("position"))
    _refuse_over(order, lines, rows, delivery.over)
    lots = lots_of(rows, by=by, reference=delivery.reference)
    shares = [share for row in rows for share in _fill(lines, row, lots.get(row))]

    receipt = begin_receipt(
        delivery, order.location, by=by, supplier=order.supplier, purchase_order=order
    )
    PurchaseOrderLine.objects.bulk_update(lines, ["received", "damaged"])
    _take_in(receipt, [_received_line(receipt, order, share) for share in shares], by=by)
    expect_rest(order, lines)

    if not any(line.missing for line in lines):
        papers.advance(order, PurchaseOrderStatus.CLOSED, by=by)
    elif order.status != PurchaseOrderStatus.PARTIALLY_RECEIVED:
        papers.advance(order, PurchaseOrderStatus.PARTIALLY_RECEIVED, by=by)
    papers.record(order, "received", by=by, **told(receipt, shares), status=order.status)
    return receipt


@transaction.atomic
def receive_blind(
    location: Location, delivery: Delivery, *, by: str, supplier: Supplier | None = None
) -> GoodsReceipt:
    """Take in goods that no document announced. A repeat of the reference gives the same receipt.

    Raises NothingReceived.
    """
    location = Location.objects.select_for_update(of=("self",)).get(pk=location.pk)
    blind = location.receipts.filter(purchase_order=None, transfer=None)
    if known := known_receipt(blind, delivery):
        return known
    rows = merged(delivery.rows)
    lots = lots_of(rows, by=by, reference=delivery.reference)

    receipt = begin_receipt(delivery, location, by=by, supplier=supplier)
    lines = [
        GoodsReceiptLine(
            receipt=receipt,
            product_id=row.product_id,
            lot=lots.get(row),
            good=row.good,
            damaged=row.damaged,
            unit_cost=row.unit_cost,
        )
        for row in rows
    ]
    _take_in(receipt, lines, by=by)

    events.record("goods_receipt.received", receipt, by=by, **told(receipt, lines))
    return receipt


def known_receipt(receipts: QuerySet[GoodsReceipt], delivery: Delivery) -> GoodsReceipt | None:
    """Find the receipt that this delivery already made; the caller holds the document's lock."""
    if not delivery.reference:
        return None
    return receipts.filter(reference=delivery.reference, undone_at=None).first()


def merged(rows: Sequence[Delivered]) -> list[Delivered]:
    """Bring together what came of one product, lot and price. Raises NothingReceived."""
    sums: dict[Delivered, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row.good < 0 or row.damaged < 0:
            raise NothingReceived
        key = replace(row, good=0, damaged=0)
        sums[key] = [sums[key][0] + row.good, sums[key][1] + row.damaged]
    found = [
        replace(key, good=good, damaged=damaged)
        for key, (good, damaged) in sums.items()
        if good or damaged
    ]
    if not found:
        raise NothingReceived
    return found


def lots_of(rows: Sequence[Delivered], *, by: str, reference: str) -> dict[Delivered, Lot]:
    """Meet the lots that the rows name. Raises LotNotTracked or LotDiffers."""
    named = [row for row in rows if row.lot]
    products = Product.objects.in_bulk({row.product_id for row in named})
    return {
        row: lot_of(
            products[row.product_id],
            row.lot,
            by=by,
            expires_on=row.expires_on,
            supplier_reference=reference,
        )
        for row in named
    }


Share = tuple[PurchaseOrderLine, int, int, Lot | None]  # line, good, damaged, lot


def _fill(lines: Sequence[PurchaseOrderLine], row: Delivered, lot: Lot | None) -> list[Share]:
    """Spread what came over its product's lines and count it there; the last takes what is over."""
    own = [line for line in lines if line.product_id == row.product_id]
    shares, good, damaged = [], row.good, row.damaged
    for line in own:
        room = line.missing if line is not own[-1] else good + damaged
        taken = min(good, room)
        broken = min(damaged, room - taken)
        good, damaged = good - taken, damaged - broken
        if taken or broken:
            line.received += taken
            line.damaged += broken
            shares.append((line, taken, broken, lot))
    return shares


def _refuse_over(
    order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], rows: Sequence[Delivered], over: str
) -> None:
    """Raise NotOnDocument or OverDelivered for what the order does not expect."""
    came: dict[int, int] = defaultdict(int)
    for row in rows:
        came[row.product_id] += row.units
    for product_id, units in came.items():
        own = [line for line in lines if line.product_id == product_id]
        if not own:
            sku = Product.objects.values_list("sku", flat=True).get(pk=product_id)
            raise NotOnDocument(sku=sku, number=order.number)
        missing = sum(line.missing for line in own)
        ordered = sum(line.quantity for line in own)
        accepted = missing + ordered * order.supplier.over_percent // 100
        if units > accepted and over != OverDelivery.ACCEPT:
            raise OverDelivered(
                sku=own[0].product.sku, quantity=units, missing=missing, number=order.number
            )


def begin_receipt(
    delivery: Delivery, location: Location, *, by: str, **document: object
) -> GoodsReceipt:
    """Number a receipt and name its document; the caller holds the document's lock."""
    return GoodsReceipt.objects.create(
        number=numbers.take("goods_receipt")[0],
        location=location,
        reference=delivery.reference,
        note=delivery.note,
        received_by=by,
        received_at=timezone.now(),
        **document,
    )


def _received_line(receipt: GoodsReceipt, order: PurchaseOrder, share: Share) -> GoodsReceiptLine:
    line, good, damaged, lot = share
    waited = receipt.received_at - (order.sent_at or receipt.received_at)
    return GoodsReceiptLine(
        receipt=receipt,
        product_id=line.product_id,
        purchase_line=line,
        lot=lot,
        good=good,
        damaged=damaged,
        unit_cost=(line.unit_price * order.exchange_rate).quantize(COST_PLACES),
        lead_days=max(waited.total_seconds() / DAY_SECONDS, 0.0),
    )


def _take_in(receipt: GoodsReceipt, lines: list[GoodsReceiptLine], *, by: str) -> None:
    GoodsReceiptLine.objects.bulk_create(lines)
    write_movements(receipt, lines, MovementKind.RECEIVED, by=by)


def write_movements(
    receipt: GoodsReceipt, lines: Sequence[GoodsReceiptLine], kind: str, *, by: str
) -> list[StockMovement]:
    """Move what the lines say onto the shelf, or aside, and remember which line moved what."""
    legs = [
        (line, quantity, condition)
        for line in lines
        for quantity, condition in (
            (line.good, StockCondition.AVAILABLE),
            (line.damaged, StockCondition.DAMAGED),
        )
        if quantity
    ]
    moved = move(
        [
            Change(
                line.product_id,
                receipt.location_id,
                quantity,
                kind,
                receipt.number,
                receipt.reference,
                line.unit_cost,
                condition=condition,
                lot_id=line.lot_id,
            )
            for line, quantity, condition in legs
        ],
        by=by,
    )
    ReceivedMovement.objects.bulk_create(
        ReceivedMovement(line=line, movement=movement)
        for (line, _, _), movement in zip(legs, moved, strict=True)
    )
    return moved


def told(receipt: GoodsReceipt, rows: Sequence[GoodsReceiptLine | Share]) -> dict[str, object]:
    """What events say of a receipt."""
    good = sum(row[1] if isinstance(row, tuple) else row.good for row in rows)
    damaged = sum(row[2] if isinstance(row, tuple) else row.damaged for row in rows)
    return {
        "receipt": receipt.number,
        "location": receipt.location.code,
        "reference": receipt.reference,
        "good": good,
        "damaged": damaged,
    }
