"""Questions about lots and serial numbers: what may leave first, what lies where."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from inventory.enums import MovementKind, StockCondition
from inventory.models import Lot, LotStock, StockMovement


def fefo(
    location_id: int,
    product_ids: Iterable[int],
    *,
    today: date | None = None,
    condition: str = StockCondition.AVAILABLE,
) -> list[LotStock]:
    """Lot stock of these products at a location, first expired first out; unusable lots left out.

    Lots without a date come last, older before newer. (FEFO, the order of good distribution
    practice for food and medicines.)
    """
    day = today or timezone.localdate()
    rows = LotStock.objects.filter(
        level__location=location_id,
        level__product__in=list(product_ids),
        condition=condition,
        quantity__gt=0,
        lot__held_at=None,
    ).exclude(lot__expires_on__lt=day)
    ordered = rows.order_by(F("lot__expires_on").asc(nulls_last=True), "lot__created_at", "lot_id")
    return list(ordered.select_related("lot", "level"))


def suggest_lots(
    location_id: int,
    wanted: Mapping[int, int],
    *,
    taken: Mapping[int, int] | None = None,
    condition: str = StockCondition.AVAILABLE,
) -> dict[int, list[tuple[Lot, int]]]:
    """Which lots make up these quantities (by product id), FEFO; less where too little is usable.

    `taken` are units by lot that lie there and are somebody's already.
    """
    left = dict(wanted)
    found: dict[int, list[tuple[Lot, int]]] = defaultdict(list)
    for row in fefo(location_id, wanted, condition=condition):
        product = row.level.product_id
        free = row.quantity - (taken or {}).get(row.lot_id, 0)
        units = min(free, left[product])
        if units > 0:
            found[product].append((row.lot, units))
            left[product] -= units
    return dict(found)


def lots_with_code(code: str) -> QuerySet[Lot]:
    """Lots and serial numbers with this code, of whatever product."""
    return Lot.objects.filter(code__in={code.strip(), code.strip().upper()})


def lot_code(lot_id: int) -> str:
    """What is printed on units of the lot."""
    return Lot.objects.values_list("code", flat=True).get(pk=lot_id)


def lots_by_code(product_id: int | None, codes: Iterable[str]) -> dict[str, Lot]:
    """The product's lots with these codes."""
    rows = Lot.objects.filter(product=product_id, code__in={code.strip() for code in codes})
    return {lot.code: lot for lot in rows}


def lots_here(location_id: int, lot_ids: Iterable[int]) -> dict[int, int]:
    """Good units at a location by lot id."""
    rows = LotStock.objects.filter(
        level__location=location_id,
        lot__in=list(lot_ids),
        condition=StockCondition.AVAILABLE,
        quantity__gt=0,
    )
    return dict(rows.values_list("lot_id", "quantity"))


def lot_stock(lot: Lot) -> QuerySet[LotStock]:
    """Where units of a lot lie."""
    rows = LotStock.objects.filter(lot=lot, quantity__gt=0)
    return rows.select_related("level__location").order_by("level__location__code", "condition")


def movements_of(lot: Lot) -> QuerySet[StockMovement]:
    """Everything that happened to a lot, from the supplier on, newest first."""
    rows = StockMovement.objects.filter(lot=lot).order_by("-pk")
    return rows.select_related("level__location", "order_line__order")


def shipped_lots(order_line_id: int) -> dict[int, int]:
    """Units by lot id that went out with an order line and have not come back."""
    kinds = (MovementKind.ISSUED, MovementKind.RETURNED)
    rows = StockMovement.objects.filter(order_line=order_line_id, kind__in=kinds, lot__isnull=False)
    totals = rows.order_by().values_list("lot").annotate(units=-Sum("quantity"))
    return {lot: units for lot, units in totals if units > 0}


def unusable(today: date) -> QuerySet[LotStock]:
    """Good stock of lots that may not leave: held or expired."""
    rows = LotStock.objects.filter(condition=StockCondition.AVAILABLE, quantity__gt=0)
    return rows.filter(Q(lot__held_at__isnull=False) | Q(lot__expires_on__lt=today))
