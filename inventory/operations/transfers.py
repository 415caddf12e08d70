"""Stock between locations: requested, shipped, received, and what never came explained.

Every unit that leaves ends received, damaged, written off or written back: nothing is reversed
silently, and its value travels with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.enums import MissingUnits, MovementKind, SupplyKind, TransferStatus
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    Location,
    Lot,
    Product,
    StockMovement,
    Transfer,
    TransferLine,
)
from inventory.operations import costing, papers, transfer_lots
from inventory.operations.expected import Expected, expect
from inventory.operations.lot_counters import LotNotTracked
from inventory.operations.receiving import (
    COST_PLACES,
    Delivered,
    Delivery,
    NotOnDocument,
    begin_receipt,
    known_receipt,
    merged,
    told,
    write_movements,
)
from inventory.operations.stock import Change, move
from oms import numbers
from oms.errors import DomainError
from oms.history import stamp


class NothingToTransfer(DomainError):
    """A transfer of nothing, or from a place to itself."""

    code = "nothing_to_transfer"
    message = "A transfer moves at least one unit from one location to another."


class MoreThanShipped(DomainError):
    """More units were to arrive, return or be written off than are on their way."""

    code = "more_than_shipped"
    message = "{sku}: only {in_transit:unit} of {number} are on their way."


class SettlementMissing(DomainError):
    """Units are on their way: somebody must say whether they go back or are lost."""

    code = "settlement_missing"
    message = "Units of {number} are on their way. Say whether they go back or are written off."


@dataclass(frozen=True, slots=True)
class Plan:
    """What a transfer says beside its units. `reference` makes repeated requests harmless."""

    reference: str = ""
    expected_on: date | None = None
    note: str = ""
    exchange_rate: Decimal | None = None  # the destination's currency for one of the source's


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of units that did not come, and why."""

    outcome: str  # one of MissingUnits
    reason: str  # one of DiscrepancyReason
    note: str = ""


@transaction.atomic
def request_transfer(
    source: Location,
    destination: Location,
    quantities: Mapping[int, int],
    *,
    by: str,
    plan: Plan | None = None,
) -> Transfer:
    """Ask a location to send units (by product id) to another; nothing moves and nothing is held.

    A repeat of the reference gives the existing transfer. Raises NothingToTransfer; RateMissing
    when the locations reckon in different currencies and no rate is given.
    """
    plan = plan or Plan()
    Location.objects.select_for_update(of=("self",)).get(pk=source.pk)
    again = Transfer.objects.filter(source=source, destination=destination)
    if plan.reference and (known := again.filter(reference=plan.reference).first()):
        return known
    wanted = {product: quantity for product, quantity in quantities.items() if quantity}
    if not wanted or min(wanted.values()) < 0 or source.pk == destination.pk:
        raise NothingToTransfer
    papers.refuse_rate(source.cost_currency, destination, is_stated=plan.exchange_rate is not None)

    transfer = Transfer(
        number=numbers.take("transfer")[0],
        source=source,
        destination=destination,
        exchange_rate=plan.exchange_rate or Decimal(1),
        reference=plan.reference,
        expected_on=plan.expected_on,
        note=plan.note,
        requested_at=timezone.now(),
    )
    stamp(transfer, by=by)
    transfer.save()
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, product_id=product, quantity=quantity)
        for product, quantity in sorted(wanted.items())
    )
    papers.record(transfer, "requested", by=by, **_about(transfer), units=sum(wanted.values()))
    return transfer


@transaction.atomic
def ship_transfer(
    transfer: Transfer, *, by: str, quantities: Mapping[int, int] | None = None
) -> Transfer:
    """Send it off: its units leave the source and are on their way to the destination.

    Without `quantities` (by line id) everything that was asked for leaves; what is left out is
    not sent any more. Reserved units cannot leave; lots of tracked products leave in the order of
    their expiry. Raises InsufficientStock, LotMissing, MoreThanShipped,
    NothingToTransfer or NotAllowedNow and changes nothing.
    """
    transfer = papers.lock(transfer)
    papers.refuse_move(transfer, TransferStatus.SHIPPED)
    lines = _lines(transfer)
    _plan_shipping(transfer, lines, quantities)

    legs = transfer_lots.leaving(transfer, lines)
    moved = move(
        [_change(transfer, line, -units, transfer.source_id, lot) for line, units, lot in legs],
        by=by,
    )
    _carry_value(legs, moved)
    TransferLine.objects.bulk_update(lines, ["shipped", "fifo_value", "average_value"])
    papers.advance(transfer, TransferStatus.SHIPPED, by=by)
    expect_rest(transfer, lines)

    units = sum(line.shipped for line in lines)
    papers.record(transfer, "shipped", by=by, **_about(transfer), units=units)
    return transfer


@transaction.atomic
def receive_transfer(transfer: Transfer, delivery: Delivery, *, by: str) -> GoodsReceipt:
    """Take in what came of a transfer, good or damaged; the rest stays on its way.

    A repeat of the reference gives the existing receipt. More than is on its way is refused: a
    surplus was never shipped and is an adjustment with its reason. Raises NotAllowedNow,
    NotOnDocument, MoreThanShipped or NothingReceived and changes nothing.
    """
    transfer = papers.lock(transfer)
    if known := known_receipt(transfer.receipts.all(), delivery):
        return known
    papers.refuse_move(transfer, TransferStatus.RECEIVED)
    lines = _lines(transfer)
    shares = _shares(transfer, lines, merged(delivery.rows))

    receipt = begin_receipt(delivery, transfer.destination, by=by, transfer=transfer)
    rows = [_arrive(transfer, receipt, *share) for share in shares]
    GoodsReceiptLine.objects.bulk_create([row for row, _ in rows])
    moved = write_movements(receipt, [row for row, _ in rows], MovementKind.TRANSFERRED_IN, by=by)
    _bring_value(moved, rows)
    _save_settled(lines)
    _end_or_wait(transfer, lines, by=by)

    papers.record(transfer, "received", by=by, **told(receipt, [r for r, _ in rows]),
                  status=transfer.status)  # fmt: skip
    return receipt


@transaction.atomic
def settle_transfer(transfer: Transfer, settlement: Settlement, *, by: str) -> Transfer:
    """Explain what has not come, and end the transfer.

    *Written off*: the units are lost and their value is an expense. *Written back*: they are on
    hand at the source again. Raises NotAllowedNow and changes nothing.
    """
    transfer = papers.lock(transfer)
    papers.refuse_move(transfer, TransferStatus.RECEIVED)

    missing = _settle(transfer, settlement, by=by)
    papers.advance(transfer, TransferStatus.RECEIVED, by=by, reason=settlement.note)

    _record_discrepancy(transfer, settlement, missing, by=by)
    return transfer


@transaction.atomic
def cancel_transfer(
    transfer: Transfer, *, by: str, reason: str, settlement: Settlement | None = None
) -> Transfer:
    """Call it off. What has left already needs a settlement: it is written back or written off.

    Raises SettlementMissing for units on their way without one, NotAllowedNow once some units
    have been received (settle those that have not), and changes nothing.
    """
    transfer = papers.lock(transfer)
    papers.refuse_move(transfer, TransferStatus.CANCELLED)
    if transfer.is_on_the_way and settlement is None:
        raise SettlementMissing(number=transfer.number)

    missing = _settle(transfer, settlement, by=by) if settlement else 0
    papers.advance(transfer, TransferStatus.CANCELLED, by=by, reason=reason)

    papers.record(transfer, "cancelled", by=by, **_about(transfer), reason=reason)
    if settlement and missing:
        _record_discrepancy(transfer, settlement, missing, by=by)
    return transfer


def expect_rest(transfer: Transfer, lines: Sequence[TransferLine]) -> None:
    """State what is still on its way; called under the transfer's lock after every change."""
    due = transfer.expected_on or timezone.localdate()
    expect(
        SupplyKind.TRANSFER,
        transfer.number,
        [
            Expected(line.product_id, transfer.destination_id, line.in_transit, due)
            for line in lines
        ],
    )


def _about(transfer: Transfer) -> dict[str, object]:
    return {"source": transfer.source.code, "destination": transfer.destination.code}


def _lines(transfer: Transfer) -> list[TransferLine]:
    return list(transfer.lines.select_related("product").order_by("pk"))


def _plan_shipping(
    transfer: Transfer, lines: Sequence[TransferLine], quantities: Mapping[int, int] | None
) -> None:
    for line in lines:
        line.shipped = line.quantity if quantities is None else quantities.get(line.pk, 0)
        if not 0 <= line.shipped <= line.quantity:
            raise MoreThanShipped(
                sku=line.product.sku, in_transit=line.quantity, number=transfer.number
            )
    if not any(line.shipped for line in lines):
        raise NothingToTransfer


def _change(
    transfer: Transfer, line: TransferLine, quantity: int, location_id: int, lot_id: int | None
) -> Change:
    kind = MovementKind.TRANSFERRED_OUT if quantity < 0 else MovementKind.TRANSFERRED_IN
    return Change(line.product_id, location_id, quantity, kind, transfer.number, lot_id=lot_id)


def _carry_value(legs: Sequence[transfer_lots.Leg], moved: Sequence[StockMovement]) -> None:
    """What the shipped units cost at their source goes with them."""
    values = costing.value_of(moved)
    for (line, _, _), movement in zip(legs, moved, strict=True):
        line.fifo_value -= values[movement.pk].fifo
        line.average_value -= values[movement.pk].average


def _line_of(transfer: Transfer, lines: Sequence[TransferLine], row: Delivered) -> TransferLine:
    line = next((line for line in lines if line.product_id == row.product_id), None)
    if line is None:
        sku = Product.objects.values_list("sku", flat=True).get(pk=row.product_id)
        raise NotOnDocument(sku=sku, number=transfer.number)
    if row.units > line.in_transit:
        raise MoreThanShipped(
            sku=line.product.sku, in_transit=line.in_transit, number=transfer.number
        )
    return line


Share = tuple[TransferLine, Delivered, Lot | None]


def _shares(
    transfer: Transfer, lines: Sequence[TransferLine], rows: Sequence[Delivered]
) -> list[Share]:
    """What came, by line and lot. Raises NotOnDocument, MoreThanShipped or LotNotTracked."""
    came: dict[int, Delivered] = {}
    for row in rows:
        before = came.get(row.product_id, replace(row, good=0, damaged=0))
        came[row.product_id] = replace(
            row, good=before.good + row.good, damaged=before.damaged + row.damaged
        )
    owner = {row.product_id: _line_of(transfer, lines, row) for row in came.values()}
    shares = []
    for row, lot in transfer_lots.named(transfer, rows):
        line = owner[row.product_id]
        if row.lot and lot is None:
            raise LotNotTracked(sku=line.product.sku)
        shares.append((line, row, lot))
    return shares


def _arrive(
    transfer: Transfer,
    receipt: GoodsReceipt,
    line: TransferLine,
    row: Delivered,
    lot: Lot | None,
) -> tuple[GoodsReceiptLine, costing.Value]:
    """Count the units as arrived, and take their part of the value off the way."""
    value = _part(line, row.units)
    line.received += row.good
    line.damaged += row.damaged
    rate = transfer.exchange_rate
    carried = costing.Value(
        (value.fifo * rate).quantize(COST_PLACES), (value.average * rate).quantize(COST_PLACES)
    )
    return (
        GoodsReceiptLine(
            receipt=receipt,
            product_id=line.product_id,
            transfer_line=line,
            lot=lot,
            good=row.good,
            damaged=row.damaged,
            unit_cost=(carried.fifo / row.units).quantize(COST_PLACES),
        ),
        carried,
    )


def _part(line: TransferLine, units: int) -> costing.Value:
    """The value of so many of the units on their way; the last ones take all that is left."""
    left = costing.Value(
        line.fifo_value - line.fifo_settled, line.average_value - line.average_settled
    )
    value = costing.part(left, units, line.in_transit)
    line.fifo_settled += value.fifo
    line.average_settled += value.average
    return value


def _bring_value(
    moved: Sequence[StockMovement], rows: Sequence[tuple[GoodsReceiptLine, costing.Value]]
) -> None:
    """Value the arrived units exactly as they left, whatever rounding a unit cost would bring."""
    known: dict[int, costing.Value] = {}
    movements = iter(moved)  # in the order of the rows: good units, then damaged ones
    for row, value in rows:
        left, units = value, row.units
        while units:
            movement = next(movements)
            share = costing.part(left, movement.quantity, units)
            known[movement.pk] = share
            left, units = left - share, units - movement.quantity
    costing.value_of(moved, known)


def _save_settled(lines: Sequence[TransferLine]) -> None:
    fields = ["received", "damaged", "written_off", "written_back", "reason"]
    TransferLine.objects.bulk_update(lines, [*fields, "fifo_settled", "average_settled"])


def _end_or_wait(transfer: Transfer, lines: Sequence[TransferLine], *, by: str) -> None:
    expect_rest(transfer, lines)
    if not any(line.in_transit for line in lines):
        papers.advance(transfer, TransferStatus.RECEIVED, by=by)
    elif transfer.status != TransferStatus.PARTIALLY_RECEIVED:
        papers.advance(transfer, TransferStatus.PARTIALLY_RECEIVED, by=by)


def _settle(transfer: Transfer, settlement: Settlement, *, by: str) -> int:
    """Give every unit on its way its outcome; how many they were."""
    lines = [line for line in _lines(transfer) if line.in_transit]
    missing = [(line, line.in_transit, _part(line, line.in_transit)) for line in lines]
    back = settlement.outcome == MissingUnits.WRITE_BACK
    for line, units, _ in missing:
        line.written_back += units if back else 0
        line.written_off += 0 if back else units
        line.reason = settlement.reason
    if back and missing:
        _bring_back(transfer, missing, by=by)
    _save_settled(lines)
    expect_rest(transfer, lines)
    return sum(units for _, units, _ in missing)


def _bring_back(
    transfer: Transfer, missing: Sequence[tuple[TransferLine, int, costing.Value]], *, by: str
) -> None:
    """Put units on hand at their source again, by lot, at the value that they left with."""
    way = transfer_lots.on_the_way(transfer)
    legs: list[tuple[TransferLine, int, int | None, costing.Value]] = []
    for line, units, value in missing:
        lots: list[tuple[int | None, int]] = [
            (lot, count) for (product, lot), count in way.items() if product == line.product_id
        ]
        left, worth = units, value
        for lot, count in lots or [(None, units)]:
            share = costing.part(worth, count, left)
            legs.append((line, count, lot, share))
            left, worth = left - count, worth - share
    moved = move(
        [_change(transfer, line, units, transfer.source_id, lot) for line, units, lot, _ in legs],
        by=by,
    )
    worths = {row.pk: value for row, (_, _, _, value) in zip(moved, legs, strict=True)}
    costing.value_of(moved, worths)


def _record_discrepancy(
    transfer: Transfer, settlement: Settlement, missing: int, *, by: str
) -> None:
    papers.record(
        transfer,
        "discrepancy_settled",
        by=by,
        **_about(transfer),
        outcome=settlement.outcome,
        reason=settlement.reason,
        units=missing,
    )
