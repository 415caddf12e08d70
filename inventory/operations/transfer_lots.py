"""Which lots of tracked products a transfer takes along, and which of them are still on their way."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Sum

from inventory.enums import MovementKind, Tracking
from inventory.models import GoodsReceiptLine, Lot, StockMovement, Transfer, TransferLine
from inventory.operations.receiving import Delivered
from inventory.queries.lots import suggest_lots

Leg = tuple[TransferLine, int, int | None]  # line, units, lot id


def leaving(transfer: Transfer, lines: Sequence[TransferLine]) -> list[Leg]:
    """Split what is shipped by lot, those that expire first at the front.

    Units for which no usable lot lies at the source stay without one; moving them is refused.
    """
    tracked = {line.product_id: line.shipped for line in lines if _is_tracked(line)}
    suggested = suggest_lots(transfer.source_id, tracked) if tracked else {}
    legs: list[Leg] = []
    for line in lines:
        left = line.shipped
        for lot, units in suggested.get(line.product_id, []):
            legs.append((line, units, lot.pk))
            left -= units
        if left:
            legs.append((line, left, None))
    return legs


def named(transfer: Transfer, rows: Sequence[Delivered]) -> list[tuple[Delivered, Lot | None]]:
    """Give rows of tracked products that name no lot the lots that are on their way.

    A lot that is named but was not shipped, or not as often, is left as it is: nothing of it is on
    its way, so that receiving it is refused.
    """
    way = on_the_way(transfer)
    lots = Lot.objects.in_bulk({lot for _, lot in way})
    found: list[tuple[Delivered, Lot | None]] = []
    for row in rows:
        own = [lots[lot] for product, lot in way if product == row.product_id]
        if row.lot:
            found.append((row, next((lot for lot in own if lot.code == row.lot), None)))
        elif own:
            found += _spread(row, own, way)
        else:
            found.append((row, None))
    return found


def on_the_way(transfer: Transfer) -> dict[tuple[int, int], int]:
    """Units by product and lot that have left and not come, those that expire first at the front."""
    out = (
        StockMovement.objects.filter(
            reference=transfer.number, kind=MovementKind.TRANSFERRED_OUT, lot__isnull=False
        )
        .order_by("lot__expires_on", "lot")
        .values_list("level__product_id", "lot_id")
        .annotate(units=-Sum("quantity"))
    )
    came = GoodsReceiptLine.objects.filter(receipt__transfer=transfer, lot__isnull=False)
    gone: dict[int, int] = defaultdict(int)
    for lot, good, damaged in came.values_list("lot_id", "good", "damaged"):
        gone[lot] += good + damaged
    return {(product, lot): units - gone[lot] for product, lot, units in out if units > gone[lot]}


def _spread(
    row: Delivered, lots: Sequence[Lot], way: dict[tuple[int, int], int]
) -> list[tuple[Delivered, Lot | None]]:
    good, damaged = row.good, row.damaged
    parts: list[tuple[Delivered, Lot | None]] = []
    for lot in lots:
        room = way[row.product_id, lot.pk]
        taken = min(good, room)
        broken = min(damaged, room - taken)
        good, damaged = good - taken, damaged - broken
        if taken or broken:
            parts.append((replace(row, good=taken, damaged=broken), lot))
    if good or damaged:
        parts.append((replace(row, good=good, damaged=damaged), None))
    return parts


def _is_tracked(line: TransferLine) -> bool:
    return line.product.tracking != Tracking.NONE
