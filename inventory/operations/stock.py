"""Physical stock: every change of what is at a location is a movement."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from msgspec import Struct
from msgspec.structs import replace

from inventory.enums import COUNTERS, MovementKind, StockCondition, Tracking
from inventory.models import Location, Product, StockLevel, StockMovement
from inventory.operations import counters, fences
from inventory.operations import lot_counters as lots
from inventory.operations.increases import record_increases, tell_increases
from inventory.operations.reasons import reason_ids
from oms import bulk, events
from oms.errors import DomainError
from oms.prepared import prepared

LIE_THERE = {  # how a person says it
    StockCondition.AVAILABLE: "on hand and not reserved",
    StockCondition.QUARANTINED: "in quarantine",
    StockCondition.DAMAGED: "damaged",
}

HOLD = "lot hold"  # on movements that a hold made, by which its release knows them
COUNTER = {condition.value: column for condition, column in COUNTERS.items()}
COMING = {MovementKind.RECEIVED, MovementKind.RETURNED, MovementKind.TRANSFERRED_IN}

Key = tuple[int, str]  # level id, condition


class Place(NamedTuple):
    """A stock level as far as moving needs it."""

    pk: int
    tracking: str


class InsufficientStock(DomainError):
    """Less is there in that condition, or free of reservations, than was to be taken away."""

    code = "insufficient_stock"
    message = "{sku} at {location}: fewer than {quantity:unit} are {condition}."


class NotYetEffective(DomainError):
    """A movement cannot be true only in the future."""

    code = "not_yet_effective"
    message = "A movement is effective now or since an earlier moment, not from {effective_at} on."


class NegativeCost(DomainError):
    """Nobody is paid for taking goods in; what a supplier gives back is a cost of its own."""

    code = "negative_cost"
    message = "A unit costs nothing or something, never {unit_cost}."


class Change(Struct, frozen=True):
    """One change of stock in one condition; `quantity` is signed.

    `lot_id` is needed for tracked products and for them alone; `reason_code` is the code of a
    ReasonCode; `effective_at` says since when it is true, where that
    is before now; `corrects_id` is the movement that it undoes.
    """

    product_id: int
    location_id: int
    quantity: int
    kind: str
    reference: str = ""
    reason: str = ""
    unit_cost: Decimal | None = None
    order_line_id: int | None = None
    condition: str = StockCondition.AVAILABLE
    reason_code: str = ""
    effective_at: datetime | None = None
    corrects_id: int | None = None
    lot_id: int | None = None


@transaction.atomic
def move(changes: Sequence[Change], *, by: str) -> list[StockMovement]:
    """Change stock by typed movements, all or none.

    Missing stock levels are created. Reserved units cannot be moved away; consuming a reservation
    does that. Records `stock.increased`, naming the levels with more good stock than before, so that
    waiting orders are served. Good units of a held lot that come in or back are set apart at once, by
    movements of their own that are not returned. Raises InsufficientStock, UnknownReason, NotYetEffective or
    NegativeCost, for tracked products also LotMissing, LotNotTracked, InsufficientLot or SerialElsewhere, and changes
    nothing.
    """
    now = timezone.now()
    changes = [change for change in changes if change.quantity]
    asked = len(changes)
    changes += _set_apart(changes)
    levels = _places_of({(change.product_id, change.location_id) for change in changes})
    reasons = reason_ids((change.reason_code, change.kind) for change in changes)
    _refuse_future(changes, now)
    _refuse_negative_cost(changes)
    losing = {change.product_id for change in changes if change.quantity < 0}
    if losing:
        fences.hold_wide(losing, (level.pk for level in levels.values()))

    totals = _totals(changes, levels)
    after = counters.apply(_deltas(totals))
    for change in changes:
        if levels[change.product_id, change.location_id].pk not in after:
            raise _insufficient(change, changes)

    lots.shift(_lot_changes(changes, levels))
    movements = _write(changes, levels, _balances(totals, after), reasons, by)
    fences.settle({pk for pk, _ in totals}, moved=_good(totals))
    more = [
        (level.pk, *pair)
        for pair, level in levels.items()
        if totals.get((level.pk, StockCondition.AVAILABLE), 0) > 0
    ]
    tell_increases(more, cause="moved", by=by)
    return movements[:asked]


@transaction.atomic
def set_safety_stock(product: Product, location: Location, quantity: int, *, by: str) -> StockLevel:
    """Keep `quantity` units back from promising at this location; records who did so."""
    level = levels_of({(product.pk, location.pk)})[product.pk, location.pk]
    fences.hold_wide([product.pk], [level.pk])
    level = StockLevel.objects.lock_one(level.pk)

    freed = level.safety_stock > quantity
    before, level.safety_stock = level.safety_stock, quantity
    level.changed_at, level.changes = timezone.now(), level.changes + 1
    level.save(update_fields=["safety_stock", "changed_at", "changes"])
    fences.settle([level.pk])

    events.record(
        "stock.safety_stock_set", level, by=by, before=before, after=quantity, product=product.pk
    )
    if freed:
        record_increases([level], cause="safety_stock", by=by)
    return level


@transaction.atomic
def announce_stock(product_ids: Iterable[int], *, by: str, tried: Sequence[int] = ()) -> None:
    """Tell once more that products are available, for those who were not yet served.

    `tried` are orders that could get nothing of it, so that the next ones have their turn.
    """
    rows = StockLevel.objects.filter(product__in=set(product_ids))
    levels = StockLevel.objects.lock(*rows.values_list("pk", flat=True))
    facts = {"tried": list(tried)} if tried else {}
    record_increases(levels, cause="announced", by=by, **facts)


def hold_levels(product_ids: Iterable[int]) -> None:
    """Lock every level of these products, in key order, until the transaction ends.

    For an act that takes and gives stock in several rounds: two of them, or one and a placing,
    then never wait for each other in a circle.
    """
    pks = StockLevel.objects.filter(product__in=set(product_ids)).values_list("pk", flat=True)
    StockLevel.objects.lock(*pks)


def levels_of(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    """The levels of (product id, location id) pairs, created where they are missing."""
    wanted = set(pairs)
    found = _find(wanted)
    if missing := wanted - found.keys():
        StockLevel.objects.bulk_create(
            [StockLevel(product_id=p, location_id=location) for p, location in sorted(missing)],
            ignore_conflicts=True,
        )
        found |= _find(missing)
    return found


def _places_of(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], Place]:
    """The places of (product id, location id) pairs, created where they are missing."""
    found = _seen(pairs)
    if missing := pairs - found.keys():
        levels_of(missing)
        found |= _seen(missing)
    return found


def _seen(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], Place]:
    rows = _places(
        products=sorted({product for product, _ in pairs}),
        locations=sorted({location for _, location in pairs}),
    )
    keyed = {(product, location): Place(pk, tracking) for pk, tracking, product, location in rows}
    return {pair: place for pair, place in keyed.items() if pair in pairs}


@prepared
def _places(products: list[int], locations: list[int]) -> QuerySet[StockLevel, tuple]:
    rows = StockLevel.objects.filter(product__any=products, location__any=locations)
    return rows.values_list("pk", "product__tracking", "product_id", "location_id")


def _find(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    rows = StockLevel.objects.filter(
        product_id__in={product for product, _ in pairs},
        location_id__in={location for _, location in pairs},
    )
    known = rows.annotate(tracking=F("product__tracking"))
    keyed: dict[tuple[int, int], StockLevel] = {
        (row.product_id, row.location_id): row for row in known
    }
    return {key: row for key, row in keyed.items() if key in pairs}


def _lot_changes(
    changes: Sequence[Change], levels: dict[tuple[int, int], Place]
) -> list[lots.LotChange]:
    """The changes that lots care about: of tracked products, or by a lot that is named."""
    return [
        lots.LotChange(
            level.pk,
            change.product_id,
            level.tracking,
            change.lot_id,
            change.condition,
            change.quantity,
        )
        for change in changes
        if (level := levels[change.product_id, change.location_id]).tracking != Tracking.NONE
        or change.lot_id is not None
    ]


def _set_apart(changes: Sequence[Change]) -> list[Change]:
    """The legs by which units of held lots that come in leave the good ones again."""
    coming = [
        (change, change.lot_id)
        for change in changes
        if change.lot_id is not None
        and change.quantity > 0
        and change.condition == StockCondition.AVAILABLE
        and change.kind in COMING
    ]
    held = lots.held_among(lot for _, lot in coming)
    legs = []
    for change, lot in coming:
        if lot in held:
            apart = Change(
                change.product_id,
                change.location_id,
                change.quantity,
                MovementKind.QUARANTINED,
                HOLD,
                "Its lot is held",
                condition=StockCondition.QUARANTINED,
                lot_id=lot,
            )
            good = StockCondition.AVAILABLE
            legs += [replace(apart, quantity=-change.quantity, condition=good), apart]
    return legs


def _refuse_negative_cost(changes: Sequence[Change]) -> None:
    for change in changes:
        if change.unit_cost is not None and change.unit_cost < 0:
            raise NegativeCost(unit_cost=change.unit_cost)


def _refuse_future(changes: Sequence[Change], now: datetime) -> None:
    for change in changes:
        if change.effective_at and change.effective_at > now:
            raise NotYetEffective(effective_at=f"{change.effective_at:%Y-%m-%d %H:%M}")


def _totals(changes: Sequence[Change], levels: dict[tuple[int, int], Place]) -> dict[Key, int]:
    totals: dict[Key, int] = defaultdict(int)
    for change in changes:
        level = levels[change.product_id, change.location_id]
        totals[level.pk, change.condition] += change.quantity
    return totals


def _good(totals: dict[Key, int]) -> dict[int, int]:
    """The change of good stock by level."""
    return {
        level: total
        for (level, condition), total in totals.items()
        if condition == StockCondition.AVAILABLE
    }


def _deltas(totals: dict[Key, int]) -> Iterator[counters.Delta]:
    by_level: dict[int, dict[str, int]] = defaultdict(dict)
    for (level, condition), total in totals.items():
        by_level[level][COUNTER[condition]] = total
    return (counters.Delta(level, **changed) for level, changed in by_level.items())


def _balances(totals: dict[Key, int], after: dict[int, counters.Counters]) -> dict[Key, int]:
    """What lay there before these changes."""
    return {
        (level, condition): getattr(after[level], COUNTER[condition]) - total
        for (level, condition), total in totals.items()
    }


def _write(
    changes: Sequence[Change],
    levels: dict[tuple[int, int], Place],
    balances: dict[Key, int],
    reasons: dict[str, int],
    by: str,
) -> list[StockMovement]:
    now, rows = timezone.now(), []  # read under the levels' locks: a level's rows are in time order
    for change in changes:
        level = levels[change.product_id, change.location_id]
        balances[level.pk, change.condition] += change.quantity
        rows.append(
            {
                "level_id": level.pk,
                "kind": change.kind,
                "condition": change.condition,
                "quantity": change.quantity,
                "balance": balances[level.pk, change.condition],
                "order_line_id": change.order_line_id,
                "reference": change.reference,
                "lot_id": change.lot_id,
                "reason_code_id": reasons.get(change.reason_code),
                "reason": change.reason,
                "unit_cost": change.unit_cost,
                "corrects_id": change.corrects_id,
                "actor": by,
                "at": now,
                "effective_at": change.effective_at,
            }
        )
    movements = bulk.fresh(StockMovement, rows)
    bulk.number(movements)
    batch = bulk.Batch()
    batch.add(movements)
    batch.insert()
    return movements


def _insufficient(change: Change, changes: Sequence[Change]) -> InsufficientStock:
    """The refusal, about the change that takes away where one level's changes do both."""
    place = (change.product_id, change.location_id)
    taking = (c for c in changes if (c.product_id, c.location_id) == place and c.quantity < 0)
    change = next(taking, change)
    return InsufficientStock(
        sku=Product.objects.values_list("sku", flat=True).get(pk=change.product_id),
        location=Location.objects.values_list("code", flat=True).get(pk=change.location_id),
        quantity=abs(change.quantity),
        condition=LIE_THERE[StockCondition(change.condition)],
    )
