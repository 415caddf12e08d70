"""Physical stock: every change of on-hand is a movement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.enums import MovementKind
from inventory.models import Location, Product, StockLevel, StockMovement
from inventory.operations import counters
from oms import events
from oms.errors import DomainError


class InsufficientStock(DomainError):
    """Less is on hand, or free of reservations, than was to be taken away."""

    code = "insufficient_stock"
    message = "{sku} at {location}: fewer than {quantity} units are on hand and not reserved."


@dataclass(frozen=True, slots=True)
class Change:
    """One change of on-hand stock; `quantity` is signed."""

    product_id: int
    location_id: int
    quantity: int
    kind: str
    reference: str = ""
    reason: str = ""
    unit_cost: Decimal | None = None
    order_line_id: int | None = None


@transaction.atomic
def move(changes: Sequence[Change], *, by: str) -> list[StockMovement]:
    """Change on-hand stock by typed movements, all or none.

    Missing stock levels are created. Reserved units cannot be moved away; consuming a reservation
    does that. Records `stock.increased` for every level with more than before, so that waiting
    orders are served. Raises InsufficientStock and changes nothing.
    """
    changes = [change for change in changes if change.quantity]
    levels = levels_of({(change.product_id, change.location_id) for change in changes})
    totals: dict[int, int] = defaultdict(int)
    for change in changes:
        totals[levels[change.product_id, change.location_id].pk] += change.quantity

    after = counters.apply(counters.Delta(pk, on_hand=total) for pk, total in totals.items())
    for change in changes:
        if levels[change.product_id, change.location_id].pk not in after:
            raise _insufficient(change)

    movements = _write(changes, levels, totals, after, by)
    record_increases(
        [level for level in levels.values() if totals[level.pk] > 0], cause="moved", by=by
    )
    return movements


def receive(
    product: Product,
    location: Location,
    quantity: int,
    *,
    by: str,
    reference: str = "",
    unit_cost: Decimal | None = None,
) -> StockMovement:
    """Take units in from a supplier; `reference` names the delivery note or purchase order."""
    change = Change(
        product.pk, location.pk, quantity, MovementKind.RECEIVED, reference, "", unit_cost
    )
    return move([change], by=by)[0]


def adjust(
    product: Product,
    location: Location,
    quantity: int,
    *,
    by: str,
    reason: str,
    reference: str = "",
) -> StockMovement:
    """Correct on-hand stock by a signed quantity, with the reason that an auditor will read."""
    change = Change(product.pk, location.pk, quantity, MovementKind.ADJUSTED, reference, reason)
    return move([change], by=by)[0]


@transaction.atomic
def set_safety_stock(product: Product, location: Location, quantity: int, *, by: str) -> StockLevel:
    """Keep `quantity` units back from promising at this location; records who did so."""
    level = levels_of({(product.pk, location.pk)})[product.pk, location.pk]
    level = StockLevel.objects.lock_one(level.pk)

    freed = level.safety_stock > quantity
    before, level.safety_stock = level.safety_stock, quantity
    level.changed_at = timezone.now()
    level.save(update_fields=["safety_stock", "changed_at"])

    events.record(
        "stock.safety_stock_set", level, by=by, before=before, after=quantity, product=product.pk
    )
    if freed:
        record_increases([level], cause="safety_stock", by=by)
    return level


@transaction.atomic
def announce_stock(product_id: int, *, by: str) -> None:
    """Tell once more that a product is available, for those who could not yet be served."""
    pk = (
        StockLevel.objects.filter(product_id=product_id).order_by("pk").values_list("pk", flat=True)
    )
    record_increases(StockLevel.objects.lock(*pk[:1]), cause="announced", by=by)


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


def record_increases(levels: Iterable[StockLevel], *, cause: str, by: str) -> None:
    """Tell that these levels (locked by the caller's update) have more to promise than before."""
    facts = [
        events.Fact(
            "stock.increased",
            level,
            {"product": level.product_id, "location": level.location_id, "cause": cause},
        )
        for level in levels
    ]
    if facts:
        events.record_all(facts, by=by)


def _find(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    rows = StockLevel.objects.filter(
        product_id__in={product for product, _ in pairs},
        location_id__in={location for _, location in pairs},
    )
    keyed = {(row.product_id, row.location_id): row for row in rows}
    return {key: row for key, row in keyed.items() if key in pairs}


def _write(
    changes: Sequence[Change],
    levels: dict[tuple[int, int], StockLevel],
    totals: dict[int, int],
    after: dict[int, counters.Counters],
    by: str,
) -> list[StockMovement]:
    balance = {pk: after[pk].on_hand - total for pk, total in totals.items()}
    now, rows = timezone.now(), []
    for change in changes:
        level = levels[change.product_id, change.location_id]
        balance[level.pk] += change.quantity
        rows.append(
            StockMovement(
                level=level,
                kind=change.kind,
                quantity=change.quantity,
                balance=balance[level.pk],
                order_line_id=change.order_line_id,
                reference=change.reference,
                reason=change.reason,
                unit_cost=change.unit_cost,
                actor=by,
                at=now,
            )
        )
    return StockMovement.objects.bulk_create(rows)


def _insufficient(change: Change) -> InsufficientStock:
    sku = Product.objects.values_list("sku", flat=True).get(pk=change.product_id)
    location = Location.objects.values_list("code", flat=True).get(pk=change.location_id)
    return InsufficientStock(sku=sku, location=location, quantity=abs(change.quantity))
