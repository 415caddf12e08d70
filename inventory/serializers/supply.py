"""Messages about suppliers, purchase orders, receipts and transfers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from inventory.enums import (
    DiscrepancyReason,
    LandedCostKind,
    MissingUnits,
    OverDelivery,
    SpreadBy,
)
from inventory.models import GoodsReceipt, PurchaseOrder, Supplier, Transfer
from oms.money import plain
from oms.wire import Quantity, Sent, Short, Sku, message, utc

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Note = Annotated[str, msgspec.Meta(max_length=300)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Units = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Rate = Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,8})?$")]  # more decimals than money
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Over = Literal[tuple(OverDelivery.values)]  # type: ignore[valid-type]
Outcome = Literal[tuple(MissingUnits.values)]  # type: ignore[valid-type]
Cause = Literal[tuple(DiscrepancyReason.values)]  # type: ignore[valid-type]
CostKind = Literal[tuple(LandedCostKind.values)]  # type: ignore[valid-type]
Basis = Literal[tuple(SpreadBy.values)]  # type: ignore[valid-type]
MOST = 2_000


@message
class SupplierOut(msgspec.Struct):
    """Who sells to us; days of lead time as stated."""

    code: str
    name: str
    country: str
    currency: str
    lead_time_days: int
    is_active: bool

    @classmethod
    def of(cls, row: Supplier) -> "SupplierOut":
        """As the API shows it."""
        return cls(row.code, row.name, row.country, row.currency, row.lead_time_days, row.is_active)


@message
class PurchaseLineIn(Sent):
    """Units to buy; without a price the supplier's offer decides."""

    sku: Sku
    quantity: Quantity
    unit_price: Decimal | None = None
    expected_on: date | None = None


@message
class PurchaseOrderIn(Sent):
    """A draft. `exchange_rate` is needed between two currencies: the location's for one of ours."""

    supplier: Code
    location: Code
    lines: Annotated[list[PurchaseLineIn], msgspec.Meta(min_length=1, max_length=MOST)]
    currency: Currency | None = None
    exchange_rate: Rate | None = None
    expected_on: date | None = None
    note: Note = ""


@message
class LineDay(Sent):
    """When the units of a line will come."""

    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    expected_on: date


@message
class PurchaseConfirmationIn(Sent):
    """What the supplier answered."""

    reference: Short = ""
    expected_on: date | None = None
    lines: Annotated[list[LineDay], msgspec.Meta(max_length=MOST)] = []


@message
class SupplyReasonIn(Sent):
    """Why a document ends."""

    reason: Why


@message
class DeliveredIn(Sent):
    """Units of a product as they came. `unit_cost` is for receipts without an order.

    Units of tracked products name their lot or serial number, a line for each.
    """

    sku: Sku
    good: Units = 0
    damaged: Units = 0
    unit_cost: Decimal | None = None
    lot: Annotated[str, msgspec.Meta(max_length=64)] = ""
    expires_on: date | None = None


@message
class GoodsDeliveryIn(Sent):
    """What came at once. `reference`, the delivery note, makes repeats harmless."""

    lines: Annotated[list[DeliveredIn], msgspec.Meta(min_length=1, max_length=MOST)]
    reference: Short = ""
    note: Note = ""
    over: Over = "refuse"


@message
class GoodsReceiptIn(GoodsDeliveryIn):
    """Goods that no document announced."""

    location: Code = ""
    supplier: Code | None = None


@message
class LandedCostIn(Sent):
    """Freight, duty or the like, in the currency of the receipt's location."""

    kind: CostKind
    amount: Decimal
    spread_by: Basis
    reference: Short = ""


@message
class TransferLineIn(Sent):
    """Units of a product."""

    sku: Sku
    quantity: Units


@message
class TransferIn(Sent):
    """Units that one location is asked to send to another. `reference` makes repeats harmless."""

    source: Code
    destination: Code
    lines: Annotated[list[TransferLineIn], msgspec.Meta(min_length=1, max_length=MOST)]
    reference: Short = ""
    expected_on: date | None = None
    note: Note = ""
    exchange_rate: Rate | None = None


@message
class TransferShipmentIn(Sent):
    """What leaves; everything that was asked for when no line is named."""

    lines: Annotated[list[TransferLineIn], msgspec.Meta(max_length=MOST)] = []


@message
class SettlementIn(Sent):
    """What became of units that did not come, and why."""

    outcome: Outcome
    reason: Cause
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


@message
class TransferCancellationIn(Sent):
    """Why; and for units on their way, what becomes of them."""

    reason: Why
    settlement: SettlementIn | None = None


@message
class PurchaseLineOut(msgspec.Struct):
    """A line and what has come of it."""

    line: int
    sku: str
    supplier_sku: str
    quantity: int
    received: int
    damaged: int
    missing: int
    over: int
    unit_price: str
    expected_on: date | None


@message
class PurchaseOrderOut(msgspec.Struct):
    """What a supplier is asked to deliver."""

    number: str
    supplier: str
    location: str
    status: str
    currency: str
    exchange_rate: str
    reference: str
    note: str
    expected_on: date | None
    created_at: datetime
    sent_at: datetime | None
    closed_at: datetime | None
    receipts: list[str]
    lines: list[PurchaseLineOut]

    @classmethod
    def of(cls, order: PurchaseOrder) -> "PurchaseOrderOut":
        """As the API shows it; lines and receipts are best prefetched."""
        lines = sorted(order.lines.all(), key=lambda line: line.position)
        return cls(
            number=order.number,
            supplier=order.supplier.code,
            location=order.location.code,
            status=order.status,
            currency=order.currency,
            exchange_rate=f"{order.exchange_rate.normalize():f}",
            reference=order.reference,
            note=order.note,
            expected_on=order.expected_on,
            created_at=utc(order.created_at),
            sent_at=utc(order.sent_at),
            closed_at=utc(order.closed_at),
            receipts=[row.number for row in order.receipts.all()],
            lines=[
                PurchaseLineOut(
                    line.position,
                    line.product.sku,
                    line.supplier_sku,
                    line.quantity,
                    line.received,
                    line.damaged,
                    line.missing,
                    line.over,
                    plain(line.unit_price, order.currency),
                    line.expected_on or order.expected_on,
                )
                for line in lines
            ],
        )


@message
class GoodsReceiptLineOut(msgspec.Struct):
    """Units of a product in a delivery."""

    sku: str
    lot: str | None
    good: int
    damaged: int
    unit_cost: str | None


@message
class LandedCostOut(msgspec.Struct):
    """A cost that was spread over a receipt."""

    kind: str
    amount: str
    spread_by: str
    reference: str


@message
class ReceiptReversalIn(Sent):
    """Why a receipt is taken back: a reason code for corrections, and own words."""

    reason_code: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


@message
class GoodsReceiptOut(msgspec.Struct):
    """One delivery, of a purchase order, a transfer, or neither."""

    number: str
    location: str
    purchase_order: str | None
    transfer: str | None
    supplier: str | None
    reference: str
    currency: str
    received_at: datetime
    undone_at: datetime | None
    lines: list[GoodsReceiptLineOut]
    landed_costs: list[LandedCostOut]

    @classmethod
    def of(cls, row: GoodsReceipt) -> "GoodsReceiptOut":
        """As the API shows it; lines and costs are best prefetched."""
        currency = row.location.cost_currency
        return cls(
            number=row.number,
            location=row.location.code,
            purchase_order=row.purchase_order.number if row.purchase_order else None,
            transfer=row.transfer.number if row.transfer else None,
            supplier=row.supplier.code if row.supplier else None,
            reference=row.reference,
            currency=currency,
            received_at=utc(row.received_at),
            undone_at=utc(row.undone_at),
            lines=[
                GoodsReceiptLineOut(
                    line.product.sku,
                    line.lot.code if line.lot else None,
                    line.good,
                    line.damaged,
                    None if line.unit_cost is None else plain(line.unit_cost, currency),
                )
                for line in row.lines.all()
            ],
            landed_costs=[
                LandedCostOut(
                    cost.kind, plain(cost.amount, currency), cost.spread_by, cost.reference
                )
                for cost in row.landed_costs.all()
            ],
        )


@message
class TransferLineOut(msgspec.Struct):
    """Where each unit of a line is."""

    sku: str
    quantity: int
    shipped: int
    in_transit: int
    received: int
    damaged: int
    written_back: int
    written_off: int
    reason: str


@message
class TransferOut(msgspec.Struct):
    """Stock that goes from one location to another."""

    number: str
    source: str
    destination: str
    status: str
    reference: str
    expected_on: date | None
    requested_at: datetime
    shipped_at: datetime | None
    received_at: datetime | None
    receipts: list[str]
    lines: list[TransferLineOut]

    @classmethod
    def of(cls, transfer: Transfer) -> "TransferOut":
        """As the API shows it; lines and receipts are best prefetched."""
        return cls(
            number=transfer.number,
            source=transfer.source.code,
            destination=transfer.destination.code,
            status=transfer.status,
            reference=transfer.reference,
            expected_on=transfer.expected_on,
            requested_at=utc(transfer.requested_at),
            shipped_at=utc(transfer.shipped_at),
            received_at=utc(transfer.received_at),
            receipts=[row.number for row in transfer.receipts.all()],
            lines=[
                TransferLineOut(
                    line.product.sku,
                    line.quantity,
                    line.shipped,
                    line.in_transit,
                    line.received,
                    line.damaged,
                    line.written_back,
                    line.written_off,
                    line.reason,
                )
                for line in transfer.lines.all()
            ],
        )
