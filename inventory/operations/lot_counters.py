"""Lot balances: checked and changed together with the level they lie at, whose row is locked.

What leaves is taken off before what comes is added, so that a serial number which changes its
condition is never in two places, not even within a statement.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inventory.enums import Tracking
from inventory.models import Lot, LotStock, Product
from oms.errors import DomainError

ROW = "(CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS varchar(12)), CAST(%s AS bigint))"
CHUNK = 2_000  # rows a statement
Key = tuple[int, int, str]  # level id, lot id, condition


class LotMissing(DomainError):
    """Units of a tracked product move by lot or serial number."""

    code = "lot_missing"
    message = "{sku} is tracked: say which lots or serial numbers make up {quantity:unit}."


class LotNotTracked(DomainError):
    """A lot was named for a product that has none, or for another product."""

    code = "lot_not_tracked"
    message = "{sku} has no such lot or serial number."


class InsufficientLot(DomainError):
    """Fewer units of the lot lie there in that condition."""

    code = "insufficient_lot"
    message = "Lot {lot} of {sku}: fewer than {quantity:unit} lie here and are {condition}."


class SerialElsewhere(DomainError):
    """A serial number is one unit, in one place."""

    code = "serial_elsewhere"
    message = "Serial number {lot} of {sku} is in stock already; it cannot come in again."


class LotUnusable(DomainError):
    """A lot that is held or expired does not leave."""

    code = "lot_unusable"
    message = "Lot {lot} of {sku} is {why}; it may not leave."


@dataclass(frozen=True, slots=True)
class LotChange:
    """A change of stock, as far as lots care: signed units of a condition at a level."""

    level_id: int
    product_id: int
    tracking: str
    lot_id: int | None
    condition: str
    quantity: int


def shift(changes: Iterable[LotChange]) -> None:
    """Change the lot balances of tracked products; the caller has locked the levels.

    Raises LotMissing, LotNotTracked, InsufficientLot and SerialElsewhere; the caller undoes its
    transaction then. Untracked products cost nothing.
    """
    tracked = []
    for change in changes:
        if change.tracking == Tracking.NONE and change.lot_id is not None:
            raise LotNotTracked(sku=_sku(change))
        if change.tracking != Tracking.NONE:
            tracked.append(change)
    if not tracked:
        return
    lots = Lot.objects.in_bulk({change.lot_id for change in tracked if change.lot_id})
    for change in tracked:
        _refuse(change, lots)

    _apply(_totals(tracked, taking=True), tracked, lots)
    _apply(_totals(tracked, taking=False), tracked, lots)


def held_among(lot_ids: Iterable[int]) -> set[int]:
    """Which of these lots are held."""
    wanted = set(lot_ids)
    if not wanted:
        return set()
    rows = Lot.objects.filter(pk__in=wanted, held_at__isnull=False)
    return set(rows.values_list("pk", flat=True))


def refuse_unusable(lot_ids: Iterable[int]) -> None:
    """Raise LotUnusable when one of these lots is held or expired."""
    wanted, today = set(lot_ids), timezone.localdate()
    if not wanted:
        return
    for lot in Lot.objects.filter(pk__in=wanted).select_related("product").order_by("pk"):
        if not lot.is_usable(today):
            why = "held" if lot.is_held else f"expired since {lot.expires_on:%d %b %Y}"
            raise LotUnusable(lot=lot.code, sku=lot.product.sku, why=why)


def _refuse(change: LotChange, lots: Mapping[int, Lot]) -> None:
    if change.lot_id is None:
        raise LotMissing(sku=_sku(change), quantity=abs(change.quantity))
    if change.lot_id not in lots or lots[change.lot_id].product_id != change.product_id:
        raise LotNotTracked(sku=_sku(change))


def _totals(changes: Sequence[LotChange], *, taking: bool) -> dict[Key, int]:
    totals: dict[Key, int] = defaultdict(int)
    for change in changes:
        totals[change.level_id, change.lot_id or 0, change.condition] += change.quantity
    return {key: units for key, units in totals.items() if units and (units < 0) == taking}


def _apply(totals: dict[Key, int], changes: Sequence[LotChange], lots: Mapping[int, Lot]) -> None:
    if not totals:
        return
    if any(units > 0 for units in totals.values()):
        _make_rows(totals, changes)
    keys = sorted(totals)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        done = _write(part, totals, lots)
        for key in part:
            if key not in done:
                raise _short(key, totals[key], lots)


def _make_rows(totals: Mapping[Key, int], changes: Sequence[LotChange]) -> None:
    serial = {change.lot_id: change.tracking == Tracking.SERIAL for change in changes}
    LotStock.objects.bulk_create(
        [
            LotStock(level_id=level, lot_id=lot, condition=condition, is_serial=serial[lot])
            for level, lot, condition in sorted(totals)
        ],
        ignore_conflicts=True,
    )


def _write(keys: Sequence[Key], totals: Mapping[Key, int], lots: Mapping[int, Lot]) -> set[Key]:
    values = [value for key in keys for value in (*key, totals[key])]
    sql = f"""
        WITH delta(level, lot, state, moved) AS (VALUES {", ".join([ROW] * len(keys))})
        UPDATE inventory_lotstock AS held
        SET quantity = held.quantity + delta.moved
        FROM delta
        WHERE held.level_id = delta.level AND held.lot_id = delta.lot
          AND held.condition = delta.state AND held.quantity + delta.moved >= 0
          AND (NOT held.is_serial OR held.quantity + delta.moved <= 1)
        RETURNING level_id, lot_id, condition
    """  # noqa: S608 (placeholders only)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            return {tuple(row) for row in cursor.fetchall()}  # type: ignore[misc]
    except IntegrityError as error:  # the serial number lies elsewhere
        raise _elsewhere(keys, lots) from error


def _elsewhere(keys: Sequence[Key], lots: Mapping[int, Lot]) -> SerialElsewhere:
    """Name the serial number that is in stock already."""
    wanted = [lot for _, lot, _ in keys]
    there = LotStock.objects.filter(lot__in=wanted, is_serial=True, quantity__gt=0).first()
    lot = lots[there.lot_id if there else wanted[0]]
    return SerialElsewhere(lot=lot.code, sku=lot.product.sku)


def _short(key: Key, units: int, lots: Mapping[int, Lot]) -> DomainError:
    _, lot_id, condition = key
    lot = lots[lot_id]
    if units > 0:
        return SerialElsewhere(lot=lot.code, sku=lot.product.sku)
    facts: dict[str, Any] = {"quantity": -units, "condition": condition}
    return InsufficientLot(lot=lot.code, sku=lot.product.sku, **facts)


def _sku(change: LotChange) -> str:
    return Product.objects.values_list("sku", flat=True).get(pk=change.product_id)
