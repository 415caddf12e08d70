"""What must hold in purchase orders, transfers and the value of stock, for `check_ledgers`."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.enums import MovementKind, SupplyKind, TransferStatus
from inventory.models import (
    CostEntry,
    CostLayer,
    ExpectedSupply,
    GoodsReceiptLine,
    LevelCost,
    PurchaseOrder,
    PurchaseOrderLine,
    ReceivedMovement,
    StockLevel,
    StockMovement,
    TransferLine,
)
from inventory.models.purchase_order import OPEN
from inventory.models.transfer import ON_THE_WAY
from oms.ledgers import Invariant
from oms.money import ZERO

HAIR = Decimal("0.00005")  # half of the last place of an amount


def supply_invariants() -> list[Invariant]:
    """Documents of supply against their receipts and the ledger; value against quantity."""
    return [
        Invariant(
            "supply.received",
            "What came of a purchase order's line equals the sum of its receipts.",
            count=PurchaseOrderLine.objects.count,
            violations=_wrong_purchase_lines,
        ),
        Invariant(
            "supply.receipts",
            "What a receipt's line took in equals its movements, all undone with the receipt.",
            count=GoodsReceiptLine.objects.count,
            violations=_wrong_receipts,
        ),
        Invariant(
            "supply.transfers",
            "What left and came with a transfer equals its movements.",
            count=TransferLine.objects.count,
            violations=_wrong_transfers,
        ),
        Invariant(
            "supply.expected",
            "Open purchase orders and transfers expect exactly what is missing of them.",
            count=ExpectedSupply.objects.count,
            violations=_wrong_expected,
        ),
        Invariant(
            "cost.layers",
            "Cost layers and movements not yet valued add up to the units at the level.",
            count=LevelCost.objects.count,
            violations=_wrong_layers,
        ),
        Invariant(
            "cost.valuation",
            "A level's value equals the sum of its cost entries, and of its layers under FIFO.",
            count=LevelCost.objects.count,
            violations=_wrong_values,
        ),
        Invariant(
            "cost.landed",
            "Each landed cost is wholly in stock or expensed.",
            count=CostEntry.objects.filter(landed_cost__isnull=False).count,
            violations=_wrong_landed,
        ),
        Invariant(
            "cost.transfers",
            "No value is left on the way of a transfer that has ended.",
            count=TransferLine.objects.count,
            violations=_wrong_carried,
        ),
    ]


def _sum(rows: QuerySet, key: str, of: str) -> Coalesce:
    totals = rows.filter(**{key: OuterRef("pk")}).order_by().values(key)
    return Coalesce(Subquery(totals.annotate(total=Sum(of)).values("total")), 0)


def _money(rows: QuerySet, key: str, of: str) -> Coalesce:
    totals = rows.filter(**{key: OuterRef("level")}).order_by().values(key)
    return Coalesce(Subquery(totals.annotate(total=Sum(of)).values("total")), ZERO)


def _sum_of_level(of: str) -> Coalesce:
    totals = CostEntry.objects.filter(level=OuterRef("level")).order_by().values("level")
    return Coalesce(Subquery(totals.annotate(total=Sum(of)).values("total")), 0)


def _differs(one: str, other: str) -> Q:
    """Amounts that differ by more than a rounding of SQLite, which adds decimals as floats."""
    return Q(**{f"{one}__gt": F(other) + HAIR}) | Q(**{f"{one}__lt": F(other) - HAIR})


def _wrong_purchase_lines() -> Iterator[str]:
    rows = GoodsReceiptLine.objects.filter(receipt__undone_at=None)
    wrong = PurchaseOrderLine.objects.annotate(
        good=_sum(rows, "purchase_line", "good"), broken=_sum(rows, "purchase_line", "damaged")
    ).exclude(good=F("received"), broken=F("damaged"))
    for line in wrong.select_related("purchase_order"):
        yield (
            f"{line.purchase_order} line {line.position}: {line.received} + {line.damaged}, "
            f"receipts {line.good} + {line.broken}"
        )


def _wrong_receipts() -> Iterator[str]:
    moved = _sum(ReceivedMovement.objects.all(), "line", "movement__quantity")
    wrong = GoodsReceiptLine.objects.annotate(moved=moved).exclude(moved=F("good") + F("damaged"))
    for line in wrong.select_related("receipt", "product"):
        yield f"{line.receipt} {line.product}: {line.units}, movements {line.moved}"
    left = ReceivedMovement.objects.filter(
        line__receipt__undone_at__isnull=False, movement__corrections=None
    )
    for row in left.select_related("line__receipt", "line__product"):
        yield f"{row.line.receipt} {row.line.product}: undone, its movement {row.movement_id} is not"


def _wrong_transfers() -> Iterator[str]:
    out = StockMovement.objects.filter(
        reference=OuterRef("transfer__number"),
        level__product=OuterRef("product"),
        kind=MovementKind.TRANSFERRED_OUT,
    )
    left = out.order_by().values("reference").annotate(total=-Sum("quantity")).values("total")
    came = _sum(GoodsReceiptLine.objects.all(), "transfer_line", "good")
    broken = _sum(GoodsReceiptLine.objects.all(), "transfer_line", "damaged")
    wrong = TransferLine.objects.annotate(
        left=Coalesce(Subquery(left), 0), came=came, broken=broken
    ).exclude(left=F("shipped"), came=F("received"), broken=F("damaged"))
    for line in wrong.select_related("transfer", "product"):
        yield (
            f"{line.transfer} {line.product}: {line.shipped} shipped, {line.received} + "
            f"{line.damaged} came; movements {line.left}, receipts {line.came} + {line.broken}"
        )


def _wrong_expected() -> Iterator[str]:
    expected = {
        (kind, reference): units
        for kind, reference, units in ExpectedSupply.objects.exclude(kind=SupplyKind.RETURN)
        .order_by()
        .values_list("kind", "reference")
        .annotate(units=Sum("quantity"))
    }
    missing = _missing_of_purchases() | _in_transit()
    for key in sorted(expected.keys() | missing.keys()):
        if expected.get(key, 0) != missing.get(key, 0):
            yield f"{key[1]}: expects {expected.get(key, 0)}, missing {missing.get(key, 0)}"


def _missing_of_purchases() -> dict[tuple[str, str], int]:
    missing = F("lines__quantity") - F("lines__received") - F("lines__damaged")
    rows = (
        PurchaseOrder.objects.filter(
            status__in=OPEN,
            lines__quantity__gt=F("lines__received") + F("lines__damaged"),
        )
        .order_by()
        .values_list("number")
        .annotate(units=Sum(missing))
    )
    return {(SupplyKind.PURCHASE_ORDER.value, number): units for number, units in rows}


def _in_transit() -> dict[tuple[str, str], int]:
    on_the_way = F("shipped") - F("received") - F("damaged") - F("written_off") - F("written_back")
    rows = (
        TransferLine.objects.filter(transfer__status__in=ON_THE_WAY)
        .order_by()
        .values_list("transfer__number")
        .annotate(units=Sum(on_the_way))
    )
    return {(SupplyKind.TRANSFER.value, number): units for number, units in rows if units}


def _wrong_layers() -> Iterator[str]:
    layers = _sum(CostLayer.objects.all(), "level", "remaining")
    later = StockMovement.objects.filter(
        level=OuterRef("pk"), pk__gt=Coalesce(OuterRef("cost__valued_to"), 0)
    )
    total = later.order_by().values("level").annotate(total=Sum("quantity")).values("total")
    there = F("on_hand") + F("quarantined") + F("damaged")
    wrong = StockLevel.objects.annotate(
        layered=layers, pending=Coalesce(Subquery(total), 0)
    ).exclude(layered=there - F("pending"))
    for level in wrong.select_related("product", "location"):
        held = level.on_hand + level.quarantined + level.damaged
        yield (
            f"{level.product} at {level.location}: {held} there, layers {level.layered}, "
            f"not valued {level.pending}"
        )


def _wrong_values() -> Iterator[str]:
    wrong = LevelCost.objects.annotate(
        layers=_money(CostLayer.objects.all(), "level", "remaining_value"),
        fifo=_money(CostEntry.objects.all(), "level", "fifo_value"),
        average=_money(CostEntry.objects.all(), "level", "average_value"),
        units=_sum_of_level("quantity"),
    ).filter(
        _differs("layers", "fifo_value")
        | _differs("fifo", "fifo_value")
        | _differs("average", "average_value")
        | ~Q(units=F("quantity"))
    )
    for row in wrong.select_related("level__product", "level__location"):
        yield (
            f"{row.level}: FIFO {row.fifo_value}, entries {row.fifo}, layers {row.layers}; "
            f"average {row.average_value}, entries {row.average}"
        )


def _wrong_landed() -> Iterator[str]:
    rows = (
        CostEntry.objects.filter(landed_cost__isnull=False)
        .order_by()
        .values("landed_cost__receipt__number", "landed_cost__amount", "landed_cost_id")
        .annotate(
            fifo=Sum(F("fifo_value") + F("fifo_expensed")),
            average=Sum(F("average_value") + F("average_expensed")),
        )
    )
    for row in rows:
        if all(abs(row[name] - row["landed_cost__amount"]) <= HAIR for name in ("fifo", "average")):
            continue
        yield (
            f"{row['landed_cost__receipt__number']}: {row['landed_cost__amount']} landed, "
            f"{row['fifo']} and {row['average']} accounted for"
        )


def _wrong_carried() -> Iterator[str]:
    ended = (TransferStatus.RECEIVED, TransferStatus.CANCELLED)
    wrong = TransferLine.objects.filter(transfer__status__in=ended).exclude(
        fifo_value=F("fifo_settled"), average_value=F("average_settled")
    )
    for line in wrong.select_related("transfer", "product"):
        left = line.fifo_value - line.fifo_settled
        yield f"{line.transfer} {line.product}: {left} is still on the way"
