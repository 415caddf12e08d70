"""What must hold of lots and serial numbers, for `check_ledgers`."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.enums import StockCondition, Tracking
from inventory.models import LotStock, StockLevel, StockMovement
from oms.ledgers import Invariant

FIGURES = {
    "on_hand": StockCondition.AVAILABLE,
    "quarantined": StockCondition.QUARANTINED,
    "damaged": StockCondition.DAMAGED,
}


def lot_invariants() -> list[Invariant]:
    """The invariants of lots."""
    return [
        Invariant(
            "stock.lots",
            "For tracked products the lots at a level add up to its stock of each condition.",
            count=_tracked().count,
            violations=_wrong_levels,
        ),
        Invariant(
            "stock.lot_movements",
            "Each lot balance equals the sum of the lot's movements there in that condition.",
            count=LotStock.objects.count,
            violations=_wrong_lots,
        ),
        Invariant(
            "stock.lots_named",
            "Every movement of a lot has its balance.",
            count=StockMovement.objects.filter(lot__isnull=False).count,
            violations=_without_balance,
        ),
    ]


def _tracked() -> QuerySet[StockLevel]:
    return StockLevel.objects.exclude(product__tracking=Tracking.NONE)


def _wrong_levels() -> Iterator[str]:
    for figure, condition in FIGURES.items():
        rows = LotStock.objects.filter(level=OuterRef("pk"), condition=condition)
        totals = rows.order_by().values("level").annotate(total=Sum("quantity")).values("total")
        wrong = _tracked().annotate(by_lot=Coalesce(Subquery(totals), 0)).exclude(by_lot=F(figure))
        for level in wrong.select_related("product", "location"):
            has = f"{getattr(level, figure)} {condition}, lots {level.by_lot}"
            yield f"{level.product} at {level.location}: {has}"


def _wrong_lots() -> Iterator[str]:
    rows = StockMovement.objects.filter(
        level=OuterRef("level"), lot=OuterRef("lot"), condition=OuterRef("condition")
    )
    totals = rows.order_by().values("lot").annotate(total=Sum("quantity")).values("total")
    wrong = LotStock.objects.annotate(moved=Coalesce(Subquery(totals), 0))
    for row in wrong.exclude(moved=F("quantity")).select_related("lot__product", "level__location"):
        where = f"{row.lot.product} lot {row.lot} at {row.level.location}"
        yield f"{where}: {row.quantity} {row.condition}, movements {row.moved}"


def _without_balance() -> Iterator[str]:
    known = LotStock.objects.filter(
        level=OuterRef("level"), lot=OuterRef("lot"), condition=OuterRef("condition")
    )
    rows = StockMovement.objects.filter(~Exists(known), lot__isnull=False)
    for row in rows.select_related("lot__product"):
        yield f"movement {row.pk} of {row.lot.product} lot {row.lot}"
