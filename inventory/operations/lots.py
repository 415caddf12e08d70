"""Lots and serial numbers: met, held, released, taken out of sale when their day has passed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from msgspec import Struct
from msgspec.structs import replace

from inventory.enums import MovementKind, StockCondition, Tracking
from inventory.models import Lot, LotStock, Product, StockLevel, StockMovement
from inventory.operations import fences
from inventory.operations.lot_counters import LotMissing, LotNotTracked, refuse_unusable
from inventory.operations.reasons import Why
from inventory.operations.stock import HOLD, Change, move
from inventory.queries import lots as questions
from oms import events
from oms.errors import DomainError
from oms.history import stamp


class LotNotHeld(DomainError):
    """Only what is held can be released."""

    code = "lot_not_held"
    message = "Lot {lot} is not held."


class LotDiffers(DomainError):
    """The lot is known with another date; one of the two labels is wrong."""

    code = "lot_differs"
    message = "Lot {lot} of {sku} is known with {field} {known}, not {given}."


class TrackingFixed(DomainError):
    """While units are in stock nobody could say which lots they are of."""

    code = "tracking_fixed"
    message = "{sku} has units in stock; its tracking changes when there are none."


class InLot(Struct, frozen=True):
    """A change with the code of the lot or serial number that it is of, if it is of any.

    `expires_on` is what the label says of one that comes in.
    """

    change: Change
    code: str = ""
    expires_on: date | None = None


def move_by_lot(wanted: Sequence[InLot], *, by: str) -> list[StockMovement]:
    """Move stock like `move`, with lots given by the codes that are printed on the goods.

    A lot that nobody has met is made when units of it come in. Raises what `move` raises, LotDiffers
    when a date contradicts what is known, LotNotTracked for a code that is not there to be taken, and
    LotUnusable for units of a held or expired lot that a person finds good; nothing is changed then.
    """
    if any(one.code for one in wanted):
        return _move_coded(wanted, by)
    return move([one.change for one in wanted], by=by)


@transaction.atomic
def _move_coded(wanted: Sequence[InLot], by: str) -> list[StockMovement]:
    lots = _lots_of(wanted, by)
    refuse_unusable(lots[_key(one)] for one in wanted if one.code and _finds_good(one.change))
    return move([replace(one.change, lot_id=lots.get(_key(one))) for one in wanted], by=by)


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
    if lot.held_at is None:
        lot.held_at = timezone.now()
        stamp(lot, by=by, reason=why.words or why.code)
        lot.save(update_fields=["held_at"])
        events.record("lot.held", lot, by=by, product=lot.product_id, reason=why.code)
    return _set_apart(Q(lot=lot), why, by)


@transaction.atomic
def release_lot(lot: Lot, *, by: str, why: Why) -> Lot:
    """Let a held lot leave again, and bring back what the hold had set apart.

    Units that were in quarantine for another reason stay there: whoever put them there decides.
    An expired lot stays out. Raises LotNotHeld.
    """
    lot = Lot.objects.lock_one(lot.pk)
    if lot.held_at is None:
        raise LotNotHeld(lot=lot.code)
    since, lot.held_at = lot.held_at, None
    stamp(lot, by=by, reason=why.words or why.code)
    lot.save(update_fields=["held_at"])
    events.record("lot.released", lot, by=by, product=lot.product_id, reason=why.code)
    if lot.is_usable(timezone.localdate()):
        _bring_back(lot, since, why, by)
    return lot


def set_unusable_apart(*, by: str, today: date | None = None) -> int:
    """Quarantine good stock of expired and held lots, as far as it is free; how many units are left.

    Run every hour: this is how expired stock leaves what can be promised. Units that orders have
    reserved follow when they are given back; they cannot be picked or shipped meanwhile. Held and
    expired stock are a transaction each, so that levels are locked once in each, in key order.
    """
    day = today or timezone.localdate()
    held, expired = Q(lot__held_at__isnull=False), Q(lot__expires_on__lt=day)
    left = _set_apart(held, Why("other", "Its lot is held"), by)
    return left + _set_apart(expired & ~held, Why("expired", "Expired lot"), by)


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


def _finds_good(change: Change) -> bool:
    """Whether a person says that more units are good; what comes in is looked at by `move`."""
    good = change.condition == StockCondition.AVAILABLE and change.quantity > 0
    return good and change.kind in {MovementKind.ADJUSTED, MovementKind.RESTORED}


def _key(one: InLot) -> tuple[int, str]:
    return one.change.product_id, one.code.strip()


def _lots_of(wanted: Sequence[InLot], by: str) -> dict[tuple[int, str], int]:
    """Lot ids by product and code; what is met for the first time, or with a date, is looked at."""
    named = [one for one in wanted if one.code]
    rows = Lot.objects.filter(
        product__in={one.change.product_id for one in named},
        code__in={one.code.strip() for one in named},
    )
    known = {(product, code): pk for pk, product, code in rows.values_list("pk", "product", "code")}
    products = Product.objects.in_bulk({one.change.product_id for one in named})
    for one in named:
        product = products[one.change.product_id]
        if one.change.quantity > 0 and (one.expires_on or _key(one) not in known):
            lot = lot_of(product, one.code, by=by, expires_on=one.expires_on)
            known[_key(one)] = lot.pk
        elif _key(one) not in known:
            raise LotNotTracked(sku=f"{product.sku}: {one.code.strip()}")
    return known


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


@transaction.atomic
def _set_apart(which: Q, why: Why, by: str) -> int:
    rows = LotStock.objects.filter(which, condition=StockCondition.AVAILABLE, quantity__gt=0)
    levels = _hold(rows)
    free = {pk: level.on_hand - level.reserved for pk, level in levels.items()}
    changes, left = [], 0
    for row in rows.select_related("lot").order_by("lot__expires_on", "pk"):
        units = min(row.quantity, free.get(row.level_id, 0))
        left += row.quantity - units
        if units > 0:
            free[row.level_id] -= units
            changes += _legs(levels[row.level_id], row.lot, units, MovementKind.QUARANTINED, why)
    move(changes, by=by)
    return left


def _hold(rows: QuerySet[LotStock]) -> dict[int, StockLevel]:
    """Lock the levels of these rows, and with them what their fences may spread to, at once."""
    places = dict(rows.order_by().values_list("level_id", "level__product_id"))
    fences.hold_wide(places.values(), places)
    return {level.pk: level for level in StockLevel.objects.lock(*places)}


def _bring_back(lot: Lot, since: datetime, why: Why, by: str) -> None:
    """Out of quarantine with what the hold put there and has not left it.

    Of units that left quarantine during the hold nobody knows which they were; they count as the
    hold's, so that no unit comes back which somebody had set apart for another reason.
    """
    rows = LotStock.objects.filter(lot=lot, condition=StockCondition.QUARANTINED, quantity__gt=0)
    levels = _hold(rows)
    apart = _set_apart_by_hold(lot, since)
    changes = []
    for row in rows.order_by("pk"):
        units = min(apart.get(row.level_id, 0), row.quantity)
        if units > 0:
            changes += _legs(levels[row.level_id], lot, -units, MovementKind.RESTORED, why)
    move(changes, by=by)


def _set_apart_by_hold(lot: Lot, since: datetime) -> dict[int, int]:
    rows = StockMovement.objects.filter(
        Q(reference=HOLD) | Q(quantity__lt=0),
        lot=lot,
        condition=StockCondition.QUARANTINED,
        at__gte=since,
    )
    return dict(rows.order_by().values_list("level").annotate(units=Sum("quantity")))


def _legs(level: StockLevel, lot: Lot, units: int, kind: str, why: Why) -> list[Change]:
    """So many units of a lot from good to quarantined; the other way round when negative."""
    good = Change(
        level.product_id,
        level.location_id,
        -units,
        kind,
        HOLD if lot.held_at else why.reference,
        why.words,
        reason_code=why.code,
        lot_id=lot.pk,
    )
    apart = replace(good, quantity=units, condition=StockCondition.QUARANTINED)
    return [good, apart] if units > 0 else [apart, good]
