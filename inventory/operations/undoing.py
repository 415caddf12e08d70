"""A receipt that was booked by mistake: taken back whole, by the opposite of each movement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from inventory.enums import COUNTERS, MovementKind, PurchaseOrderStatus, StockCondition
from inventory.models import (
    GoodsReceipt,
    LotStock,
    PurchaseOrder,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
)
from inventory.operations import fences, papers
from inventory.operations.purchasing import expect_rest
from inventory.operations.reasons import Why
from inventory.operations.stock import Change, move
from oms import events
from oms.errors import DomainError

TOLD = 5  # products that a refusal names
Key = tuple[int, str, int | None]  # level, condition, lot


class NotUndoable(DomainError):
    """The receipt is undone already, or something else stands on it."""

    code = "receipt_not_undoable"
    message = "{number} cannot be undone: {why}"


class UnitsGone(DomainError):
    """Units of the receipt have left, are promised, or are in another condition."""

    code = "receipt_units_gone"
    message = (
        "{number} cannot be undone: {missing}. Take off by Adjust what is still free, "
        "or let go of the units first."
    )


@transaction.atomic
def undo_receipt(receipt: GoodsReceipt, *, by: str, why: Why) -> GoodsReceipt:
    """Take a receipt back as if it had never come; receipt and movements stay readable.

    Every movement gets its opposite, dated now and effective since then. The purchase order misses
    the units again, expects them, and is open again where their coming had closed it. The delivery
    note may then be received anew. Refused while landed costs are spread over it, for the receipt
    of a transfer (send the goods back by a transfer), and when units have left or are promised: the
    refusal says how many are free. Raises NotUndoable, UnitsGone, ReasonMissing or UnknownReason
    and changes nothing.
    """
    order = papers.lock(receipt.purchase_order) if receipt.purchase_order else None
    receipt = GoodsReceipt.objects.select_related("location").lock_one(receipt.pk)
    _refuse(receipt)
    levels = _hold(receipt)
    rows = _standing(receipt)
    _refuse_gone(receipt, levels, rows)

    products = {level.pk: level.product_id for level in levels.values()}
    move([_opposite(receipt, row, products[row.level_id], why) for row in rows], by=by)
    receipt.undone_at, receipt.undone_by = timezone.now(), by
    receipt.undone_why = why.words or why.code
    receipt.save(update_fields=["undone_at", "undone_by", "undone_why"])
    if order is not None:
        _miss_again(order, receipt, by=by)
    facts = {"receipt": receipt.number, "reference": receipt.reference, "reason": why.code}
    events.record("goods_receipt.undone", receipt, by=by, **facts)
    return receipt


def _refuse(receipt: GoodsReceipt) -> None:
    reason = ""
    if receipt.undone_at:
        reason = "it is undone already."
    elif receipt.transfer_id:
        reason = "what came by transfer goes back by a transfer."
    elif receipt.landed_costs.aggregate(total=Sum("amount"))["total"]:
        reason = "landed costs are spread over it. Take them back by the same amount with a minus."
    if reason:
        raise NotUndoable(number=receipt.number, why=reason)


def _hold(receipt: GoodsReceipt) -> dict[int, StockLevel]:
    """Lock every level that it came to; only then is what still stands read."""
    rows = StockMovement.objects.filter(receipt_line__line__receipt=receipt)
    places = dict(rows.order_by().values_list("level_id", "level__product_id"))
    fences.hold_wide(places.values(), places)
    levels = StockLevel.objects.select_related("product").lock(*places)
    return {level.pk: level for level in levels}


def _standing(receipt: GoodsReceipt) -> list[StockMovement]:
    """The receipt's movements that nobody has undone one by one."""
    rows = StockMovement.objects.filter(receipt_line__line__receipt=receipt, corrections=None)
    return list(rows.select_related("lot").order_by("pk"))


def _refuse_gone(
    receipt: GoodsReceipt, levels: dict[int, StockLevel], rows: Sequence[StockMovement]
) -> None:
    came: dict[Key, int] = defaultdict(int)
    for row in rows:
        came[row.level_id, row.condition, row.lot_id] += row.quantity
    wanted: dict[tuple[int, str], int] = defaultdict(int)
    for (level_id, condition, _), units in came.items():
        wanted[level_id, condition] += units
    missing = [
        _told(levels[pk].product.sku, condition, units, free)
        for (pk, condition), units in wanted.items()
        if (free := _free(levels[pk], condition)) < units
    ]
    missing += _missing_lots(levels, {key: units for key, units in came.items() if key[2]})
    if missing:
        raise UnitsGone(number=receipt.number, missing="; ".join(missing[:TOLD]))


def _missing_lots(levels: dict[int, StockLevel], came: dict[Key, int]) -> list[str]:
    here: dict[Key, LotStock] = {
        (row.level_id, row.condition, row.lot_id): row
        for row in LotStock.objects.filter(
            level__in={key[0] for key in came}, lot__in={key[2] for key in came}
        ).select_related("lot")
    }
    return [
        _told(f"{levels[key[0]].product.sku} {here[key].lot.code}", key[1], units, left)
        for key, units in came.items()
        if (left := here[key].quantity) < units
    ]


def _free(level: StockLevel, condition: str) -> int:
    if condition == StockCondition.AVAILABLE:
        return level.on_hand - level.reserved
    return int(getattr(level, COUNTERS[StockCondition(condition)]))


def _told(what: str, condition: str, units: int, free: int) -> str:
    kind = "" if condition == StockCondition.AVAILABLE else f"{condition} "
    return f"only {free} of {units} {kind}units of {what} are here and free"


def _opposite(receipt: GoodsReceipt, row: StockMovement, product_id: int, why: Why) -> Change:
    return Change(
        product_id,
        receipt.location_id,
        -row.quantity,
        MovementKind.CORRECTED,
        receipt.number,
        why.words,
        row.unit_cost,
        condition=row.condition,
        reason_code=why.given(),
        effective_at=row.effective_at or row.at,
        corrects_id=row.pk,
        lot_id=row.lot_id,
    )


def _miss_again(order: PurchaseOrder, receipt: GoodsReceipt, *, by: str) -> None:
    """Its lines miss the units, and it is open again unless somebody had closed it short."""
    lines = {line.pk: line for line in order.lines.order_by("position")}
    was_complete = not any(line.missing for line in lines.values())
    for row in receipt.lines.all():
        line = lines[row.purchase_line_id or 0]
        line.received -= row.good
        line.damaged -= row.damaged
    PurchaseOrderLine.objects.bulk_update(list(lines.values()), ["received", "damaged"])
    if order.is_open or was_complete:
        papers.reopen(order, _reached(lines.values()), by=by, reason=f"{receipt} undone")
        expect_rest(order, lines.values())
    papers.record(order, "receipt_undone", by=by, receipt=receipt.number, status=order.status)


def _reached(lines: Iterable[PurchaseOrderLine]) -> PurchaseOrderStatus:
    if any(line.delivered for line in lines):
        return PurchaseOrderStatus.PARTIALLY_RECEIVED
    return PurchaseOrderStatus.SENT
