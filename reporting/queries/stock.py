"""Stock against demand: how long it lasts, how often it turns, what does not move."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from inventory.models import Product, StockLevel, StockMovement
from oms.money import ZERO
from reporting.models import DailyProduct
from reporting.queries.periods import Period
from reporting.queries.queues import waiting_for_stock

YEAR = 365
SHOWN = 25
BY_KEY = 1_000  # more products than these are read without naming each
SORTS = ("cover", "backordered", "demand", "turnover", "on_hand")


@dataclass(frozen=True, slots=True)
class Cover:
    """A product's stock against its demand; `cover` and `turnover` are none without a divisor."""

    pk: int
    sku: str
    name: str
    on_hand: int
    reserved: int
    available: int
    backordered: int
    ordered: int
    shipped: int
    per_day: Decimal
    cover: Decimal | None
    turnover: Decimal | None


@dataclass(frozen=True, slots=True)
class Idle:
    """Stock that nobody asked for in the period."""

    products: int
    units: int
    value: Decimal  # at the product's cost
    uncosted: int  # products of these whose cost is not known


@dataclass(frozen=True, slots=True)
class StockCover:
    """One page of products and the whole in figures."""

    period: Period
    rows: tuple[Cover, ...]
    products: int  # with stock or demand
    out_of_stock: int  # with demand and nothing available
    turnover: Decimal | None  # of all stock, at cost
    idle: Idle


@dataclass(slots=True)
class _Sums:
    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    ordered: int = 0
    shipped: int = 0
    backordered: int = 0


def stock_cover(period: Period, *, sort: str = "cover", show: int | None = SHOWN) -> StockCover:
    """Every product with stock or demand, measured; the rows asked for, sorted, in detail."""
    sums = _sums(period)
    chosen = sorted(sums, key=lambda pk: (_rank(sums[pk], sort, period), -sums[pk].ordered, pk))
    if show is not None:
        chosen = [pk for pk in chosen if _shown(sums[pk], sort)][:show]
    moved = _moved(period)
    cost: dict[int, Any] = dict(
        Product.objects.filter(unit_cost__gt=0).values_list("pk", "unit_cost")
    )
    return StockCover(
        period=period,
        rows=tuple(_rows(chosen, sums, moved, period)),
        products=len(sums),
        out_of_stock=sum(1 for row in sums.values() if row.ordered and not row.available),
        turnover=_whole_turnover(sums, moved, cost, period),
        idle=_idle(sums, cost),
    )


def _sums(period: Period) -> dict[int, _Sums]:
    sums: dict[int, _Sums] = {}
    levels = StockLevel.objects.values_list("product_id").annotate(
        on_hand_=Sum("on_hand"),
        reserved_=Sum("reserved"),
        free=Sum(F("on_hand") - F("reserved") - F("safety_stock")),
    )
    for product, on_hand, reserved, free in levels.order_by():
        if on_hand:
            sums[product] = _Sums(on_hand, reserved, max(free, 0))
    demand = (
        DailyProduct.objects.filter(day__range=(period.first, period.last))
        .values_list("product_id")
        .annotate(ordered_=Sum("ordered"), shipped_=Sum("shipped"))
    )
    for product, ordered, shipped in demand.order_by():
        row = sums.setdefault(product, _Sums())
        row.ordered, row.shipped = ordered, shipped
    for product, units in _backordered():
        sums.setdefault(product, _Sums()).backordered = units
    return sums


def _moved(period: Period) -> dict[int, int]:
    """Net change of stock since the period began, by product."""
    rows = StockMovement.objects.filter(at__gte=period.start).values_list("level__product_id")
    return dict(rows.annotate(net=Sum("quantity")).order_by())


def _rank(row: _Sums, sort: str, period: Period) -> Decimal:
    if sort == "backordered":
        return Decimal(-row.backordered)
    if sort == "demand":
        return Decimal(-row.ordered)
    if sort == "on_hand":
        return Decimal(-row.on_hand)
    if sort == "turnover":
        return -(Decimal(row.shipped) / row.on_hand) if row.on_hand else ZERO
    cover = _cover(row, period)
    return Decimal("Infinity") if cover is None else cover


def _shown(row: _Sums, sort: str) -> bool:
    if sort == "backordered":
        return row.backordered > 0
    return sort != "cover" or bool(row.ordered)


def _cover(row: _Sums, period: Period) -> Decimal | None:
    return Decimal(row.available * period.days) / row.ordered if row.ordered else None


def _turnover(shipped: int, on_hand: int, moved: int, period: Period) -> Decimal | None:
    average = Decimal(on_hand + on_hand - moved) / 2
    return Decimal(shipped * YEAR) / period.days / average if average > 0 else None


def _rows(
    chosen: list[int], sums: dict[int, _Sums], moved: dict[int, int], period: Period
) -> Iterable[Cover]:
    products = Product.objects.all()
    if len(chosen) <= BY_KEY:
        products = products.filter(pk__in=chosen)
    names = {pk: (sku, name) for pk, sku, name in products.values_list("pk", "sku", "name")}
    for pk in chosen:
        row, (sku, name) = sums[pk], names[pk]
        yield Cover(
            pk=pk,
            sku=sku,
            name=name,
            on_hand=row.on_hand,
            reserved=row.reserved,
            available=row.available,
            backordered=row.backordered,
            ordered=row.ordered,
            shipped=row.shipped,
            per_day=Decimal(row.ordered) / period.days,
            cover=_cover(row, period),
            turnover=_turnover(row.shipped, row.on_hand, moved.get(pk, 0), period),
        )


def _backordered() -> QuerySet[Any]:
    """Product and units wanted that have no stock, from the partial index of such lines."""
    wanted = F("quantity") - F("cancelled") - F("allocated")
    rows = waiting_for_stock().values_list("product_id")
    return rows.annotate(units=Sum(wanted)).order_by()


def _whole_turnover(
    sums: dict[int, _Sums], moved: dict[int, int], cost: dict[int, Decimal], period: Period
) -> Decimal | None:
    sold = average = ZERO
    for pk, row in sums.items():
        if price := cost.get(pk):
            sold += row.shipped * price
            average += price * (2 * row.on_hand - moved.get(pk, 0)) / 2
    return sold * YEAR / period.days / average if average > 0 else None


def _idle(sums: dict[int, _Sums], cost: dict[int, Decimal]) -> Idle:
    idle = {pk: row for pk, row in sums.items() if row.on_hand and not row.ordered}
    return Idle(
        products=len(idle),
        units=sum(row.on_hand for row in idle.values()),
        value=sum((row.on_hand * cost.get(pk, ZERO) for pk, row in idle.items()), ZERO),
        uncosted=sum(1 for pk in idle if pk not in cost),
    )
