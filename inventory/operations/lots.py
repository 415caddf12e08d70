"""Lots and serial numbers: met, held, released, taken out of sale when their day has passed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from inventory.enums import MovementKind, StockCondition, Tracking
from inventory.models import Lot, LotStock, Product, StockLevel
from inventory.operations.lot_counters import LotMissing, LotNotTracked
from inventory.operations.reasons import Why
from inventory.operations.stock import Change, move
from inventory.queries import lots as questions
from oms import events
from oms.errors import DomainError
from oms.history import stamp


class LotDiffers(DomainError):
    """The lot is known with another date; one of the two labels is wrong."""

    code = "lot_differs"
    message = "Lot {lot} of {sku} is known with {field} {known}, not {given}."


class TrackingFixed(DomainError):
    """While units are in stock nobody could say which lots they are of."""

    code = "tracking_fixed"
    message = "{sku} has units in stock; its tracking changes when there are none."


@transaction.atomic
def set_tracking(product: Product, tracking: str, *, by: str) -> Product:
    """Tell units of a product apart by lot, by serial number, or by quantity alone.

    Raises TrackingFixed while units are anywhere in stock, and changes nothing.
    """
    product = Product.objects.lock_one(product.pk)
    levels = StockLevel.objects.lock(*product.levels.values_list("pk", flat=True))
    if any(level.on_hand or level.quarantined or level.damaged for level in levels):
        raise TrackingFixed(sku=product.sku)
    if product.tracking == tracking:
        return product

    before, product.tracking = product.tracking, tracking
    stamp(product, by=by)
    product.save(update_fields=["tracking"])
    LotStock.objects.filter(lot__product=product).update(is_serial=tracking == Tracking.SERIAL)
    events.record("product.tracking_set", product, by=by, before=before, after=tracking)
    return product


@transaction.atomic
def lot_of(product: Product, code: str, *, by: str, **known: Any) -> Lot:
    """The lot or serial number with this code, made when it is met for the first time.

    `known` may give `expires_on`, `manufactured_on` (dates) and `supplier_reference`; what is
    known already is filled up and never changed. Raises LotNotTracked for a product without lots,
    LotMissing without a code, and LotDiffers when a date contradicts what is known.
    """
    code = code.strip()
    if product.tracking == Tracking.NONE:
        raise LotNotTracked(sku=product.sku)
    if not code:
        raise LotMissing(sku=product.sku, quantity=1)
    given = {name: value for name, value in known.items() if value}
    lot, is_new = Lot.objects.get_or_create(product=product, code=code, defaults=given)
    if is_new:
        facts = {"product": product.pk, "code": code}
        events.record("lot.created", lot, by=by, **facts)
        return lot
    return _fill_up(lot, given, by)


@transaction.atomic
def hold_lot(lot: Lot, *, by: str, why: Why) -> int:
    """Stop a lot: what is free goes into quarantine everywhere, nothing of it is picked or shipped.

    Returns how many units stay among the good ones because orders have reserved as many there;
    they follow as soon as they are free, and cannot leave meanwhile. Holding twice is harmless.
    """
    lot = Lot.objects.lock_one(lot.pk)
    if not lot.is_held:
        lot.is_held = True
        stamp(lot, by=by, reason=why.words or why.code)
        lot.save(update_fields=["is_held"])
        events.record("lot.held", lot, by=by, product=lot.product_id, reason=why.code)
    return _set_apart(Q(lot=lot), why, by)


@transaction.atomic
def release_lot(lot: Lot, *, by: str, why: Why) -> Lot:
    """Let a held lot leave again, and bring what was set apart back among the good stock.

    Units that somebody had quarantined before the hold come back too. An expired lot stays out.
    """
    lot = Lot.objects.lock_one(lot.pk)
    lot.is_held = False
    stamp(lot, by=by, reason=why.words or why.code)
    lot.save(update_fields=["is_held"])
    events.record("lot.released", lot, by=by, product=lot.product_id, reason=why.code)
    if lot.is_usable(timezone.localdate()):
        _bring_back(lot, why, by)
    return lot


@transaction.atomic
def set_unusable_apart(*, by: str, today: date | None = None) -> int:
    """Quarantine good stock of expired and held lots, as far as it is free; how many units are left.

    Run every hour: this is how expired stock leaves what can be promised. Units that orders have
    reserved follow when they are given back; they cannot be picked or shipped meanwhile.
    """
    day = today or timezone.localdate()
    return _set_apart(
        Q(lot__is_held=True) | Q(lot__expires_on__lt=day), Why("expired", "Held or expired lot"), by
    )


def lock_stock(location_id: int, product_ids: Iterable[int]) -> None:
    """Lock the stock of these products at a location until the caller's transaction ends."""
    rows = StockLevel.objects.filter(location=location_id, product__in=list(product_ids))
    StockLevel.objects.lock(*rows.values_list("pk", flat=True))


def spread(changes: Sequence[Change], *, taken: Mapping[int, int] | None = None) -> list[Change]:
    """Say which lots changes take units from, where the caller cannot know: FEFO.

    For tracked products whose change names no lot. A change that puts as many units of the product
    back in another condition has the same lots. `taken` are units by lot that are somebody's
    already. What usable lots do not cover is left without a lot, so that `move` refuses it.
    """
    tracked = set(
        Product.objects.filter(pk__in={change.product_id for change in changes})
        .exclude(tracking=Tracking.NONE)
        .values_list("pk", flat=True)
    )
    found: list[Change] = []
    drawn: dict[int, list[Change]] = {}
    for change in changes:
        if change.lot_id is not None or change.product_id not in tracked:
            found.append(change)
        elif change.quantity < 0:
            drawn[change.product_id] = _by_lot(change, taken or {})
            found += drawn[change.product_id]
        else:
            parts = drawn.get(change.product_id, [])
            found += [replace(change, quantity=-p.quantity, lot_id=p.lot_id) for p in parts]
    return found


def _by_lot(change: Change, taken: Mapping[int, int]) -> list[Change]:
    wanted = {change.product_id: -change.quantity}
    lots = questions.suggest_lots(
        change.location_id, wanted, taken=taken, condition=change.condition
    )
    parts = [
        replace(change, quantity=-units, lot_id=lot.pk)
        for lot, units in lots.get(change.product_id, [])
    ]
    missing = change.quantity - sum(part.quantity for part in parts)
    return [*parts, replace(change, quantity=missing)] if missing else parts


def _fill_up(lot: Lot, given: dict[str, Any], by: str) -> Lot:
    changed = []
    for name, value in given.items():
        known = getattr(lot, name)
        if known and known != value and name != "supplier_reference":
            field = name.replace("_", " ")
            raise LotDiffers(
                lot=lot.code, sku=lot.product.sku, field=field, known=known, given=value
            )
        if not known:
            setattr(lot, name, value)
            changed.append(name)
    if changed:
        stamp(lot, by=by)
        lot.save(update_fields=changed)
    return lot


def _set_apart(which: Q, why: Why, by: str) -> int:
    rows = LotStock.objects.filter(which, condition=StockCondition.AVAILABLE, quantity__gt=0)
    pks = rows.values_list("level_id", flat=True)
    levels = {level.pk: level for level in StockLevel.objects.lock(*set(pks))}
    free = {pk: level.on_hand - level.reserved for pk, level in levels.items()}
    changes, left = [], 0
    for row in rows.select_related("lot").order_by("lot__expires_on", "pk"):
        units = min(row.quantity, free.get(row.level_id, 0))
        left += row.quantity - units
        if units > 0:
            free[row.level_id] -= units
            kind = MovementKind.QUARANTINED
            changes += _legs(levels[row.level_id], row.lot, units, kind, why)
    move(changes, by=by)
    return left


def _bring_back(lot: Lot, why: Why, by: str) -> None:
    rows = LotStock.objects.filter(lot=lot, condition=StockCondition.QUARANTINED, quantity__gt=0)
    changes = []
    for row in rows.select_related("level").order_by("pk"):
        changes += _legs(row.level, lot, -row.quantity, MovementKind.RESTORED, why)
    move(changes, by=by)


def _legs(level: StockLevel, lot: Lot, units: int, kind: str, why: Why) -> list[Change]:
    """So many units of a lot from good to quarantined; the other way round when negative."""
    good = Change(
        level.product_id,
        level.location_id,
        -units,
        kind,
        why.reference,
        why.words,
        reason_code=why.code,
        lot_id=lot.pk,
    )
    apart = replace(good, quantity=units, condition=StockCondition.QUARANTINED)
    return [good, apart] if units > 0 else [apart, good]
