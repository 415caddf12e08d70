"""Soft reservations: units set aside for a basket that is not an order yet.

The header's row is locked before its stock levels, and whoever ends it looks at its state under
that lock; so an expiry and a purchase of the same basket cannot both give its units away.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import DateTimeField, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from inventory.enums import ReservationState, SoftPurpose, SoftState
from inventory.models import Product, Reservation, SoftReservation, StockLevel
from inventory.operations import counters, fence_uses, fences
from inventory.operations.fence_uses import Stay
from inventory.operations.increases import record_increases
from inventory.operations.reservations import Take, reserve
from inventory.queries.fences import NOBODY, Draw, Holder, Taker
from inventory.queries.places import ANYWHERE, Destination
from inventory.queries.sourcing import Allotment, Demand, Request, Supply, source, supply_of
from oms import events
from oms.errors import DomainError

SWEPT_AT_ONCE = 500  # headers a transaction


class NotAvailable(DomainError):
    """Not everything that was to be set aside is available."""

    code = "not_available"
    message = "Not available in this quantity: {skus}"


class SoftReservationEnded(DomainError):
    """The units were bought, given back or expired."""

    code = "soft_reservation_ended"
    message = "Reservation {token} has ended: {state}."


@dataclass(frozen=True, slots=True)
class Basket:
    """What is to be set aside: units by product id, for where, from one location or from any.

    `taker` is whose fences open for it, and whose safety stock is left.
    """

    units: tuple[tuple[int, int], ...]
    destination: Destination = ANYWHERE
    location_id: int | None = None
    taker: Taker = NOBODY


@dataclass(frozen=True, slots=True)
class Kept:
    """Units of a level that a soft reservation keeps."""

    level_id: int
    location_id: int
    product_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Claim:
    """An open soft reservation, locked, on its way to become an order's.

    `fenced` of its units came from fences, by level; `closed` are those of them that are out of the
    supply at the moment, because its order leaves them.
    """

    soft: SoftReservation
    kept: tuple[Kept, ...]
    fenced: Mapping[int, int] = field(default_factory=dict)
    closed: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim, and the order that consumes it with its lines."""

    claim: Claim
    number: str
    line_ids: frozenset[int]


@transaction.atomic
def set_aside(
    token: str,
    basket: Basket,
    *,
    by: str,
    channel: str,
    expires_at: datetime,
    purpose: str = SoftPurpose.CART,
) -> SoftReservation:
    """Keep available units for a basket until a moment, all of them or none.

    `token` names the basket and is used once. Records `soft_reservation.opened`. Raises
    NotAvailable, and changes nothing.
    """
    soft = SoftReservation.objects.create(
        token=token, channel=channel, purpose=purpose, expires_at=expires_at, created_by=by
    )
    _fill(soft, basket, before=())

    events.record_first([_fact("opened", soft, units=_plain(basket))], by=by)
    return soft


@transaction.atomic
def refill(soft: SoftReservation, basket: Basket, *, by: str) -> SoftReservation:
    """Keep these units instead of the ones kept so far; what both have stays kept throughout.

    Records `soft_reservation.changed`. Raises NotAvailable or SoftReservationEnded, and changes
    nothing.
    """
    soft = _open(soft)
    before = _kept([soft])[soft.pk]
    _fill(soft, basket, before=before)

    events.record_all([_fact("changed", soft, units=_plain(basket))], by=by)
    _announce(before, by=by)
    return soft


@transaction.atomic
def extend(soft: SoftReservation, *, by: str, expires_at: datetime) -> SoftReservation:
    """Keep the units until another moment. Raises SoftReservationEnded."""
    soft = _open(soft)
    soft.expires_at = expires_at
    soft.save(update_fields=["expires_at"])

    events.record_all([_fact("extended", soft, until=expires_at.isoformat())], by=by)
    return soft


@transaction.atomic
def put_back(soft: SoftReservation, *, by: str) -> SoftReservation:
    """Give the units back at once; a repeat changes nothing.

    Records `soft_reservation.released`. Raises SoftReservationEnded when an order has them.
    """
    soft = SoftReservation.objects.lock_one(soft.pk)
    if soft.state in {SoftState.RELEASED, SoftState.EXPIRED}:
        return soft
    _refuse_ended(soft)
    _give_up([soft], SoftState.RELEASED, by=by)
    return soft


def expire_due(*, by: str = "worker") -> int:
    """Give back what nobody bought in time; how many baskets. Called every second by the worker.

    Baskets that somebody is working on at this moment are passed over until the next call.
    """
    due = SoftReservation.objects.filter(state=SoftState.OPEN, expires_at__lte=timezone.now())
    if not due.exists():
        return 0
    with transaction.atomic():
        softs = list(_lock_due(due.order_by("expires_at")))
        if softs:
            _give_up(softs, SoftState.EXPIRED, by=by)
    return len(softs)


def claim(tokens: Iterable[str], *, channel: str) -> dict[str, Claim]:
    """Lock a channel's open soft reservations for orders that are being placed, by token.

    What has ended, or is of another channel, is missing: the order is then served from what is
    available to everybody. One whose time is over but which was not swept yet still counts.
    """
    wanted = set(tokens) - {""}
    if not wanted:
        return {}
    rows = SoftReservation.objects.filter(
        token__in=wanted, channel=channel, state=SoftState.OPEN
    ).order_by("pk")
    softs = list(rows.select_for_update(of=("self",)))
    kept, fenced = _kept(softs), fence_uses.drawn_by([soft.pk for soft in softs])
    return {soft.token: Claim(soft, kept[soft.pk], fenced[soft.pk]) for soft in softs}


@transaction.atomic(savepoint=False)
def reserve_claimed(takes: Sequence[Take], claims: Sequence[Claimed], *, by: str) -> None:
    """Like `reserve`, with what baskets had set aside counted as available; the baskets end.

    What an order does not take of its basket is given back, to fences what came from them. Records
    `soft_reservation.consumed`. Raises StockTaken like `reserve`.
    """
    now, softs = timezone.now(), [one.claim.soft for one in claims]
    for one in claims:
        soft = one.claim.soft
        soft.state, soft.ended_at, soft.reference = SoftState.CONSUMED, now, one.number
    SoftReservation.objects.bulk_update(softs, ["state", "ended_at", "reference"])
    _end_units(softs)
    events.record_all([_fact("consumed", soft, order=soft.reference) for soft in softs], by=by)

    kept = [row for one in claims for row in one.claim.kept]
    freed = _per_level(kept)
    reserve(takes, freed=freed)
    if softs:
        owners = {line: one.claim.soft.pk for one in claims for line in one.line_ids}
        stays = (_beyond_draws(owners[t.line_id], t) for t in takes if t.line_id in owners)
        fence_uses.pass_on((soft.pk for soft in softs), stays)
    for take in takes:
        freed[take.level_id] = freed.get(take.level_id, 0) - take.quantity
    _announce((row for row in kept if freed[row.level_id] > 0), by=by)


def bring(one: Claim, supply: Supply) -> None:
    """Add what a basket keeps to the supply; what it has of fences opens by `lend`."""
    for kept in one.kept:
        if kept.location_id in supply.sites:
            supply.levels[kept.product_id][kept.location_id] = kept.level_id
            supply.available[kept.level_id] = supply.available.get(kept.level_id, 0) + kept.quantity
    take_back(one, supply, ())


def lend(one: Claim, supply: Supply) -> None:
    """Open what `take_back` closed, for its own order to be planned."""
    for level, units in one.closed.items():
        supply.available[level] += units
    one.closed.clear()


def take_back(one: Claim, supply: Supply, parts: Iterable[Allotment]) -> None:
    """Leave no other order of the batch what the basket had of fences and its order does not take.

    The fences keep it anew once the orders are placed.
    """
    taken: dict[int, int] = defaultdict(int)
    for part in parts:
        taken[part.level_id] += part.quantity - sum(draw.quantity for draw in part.draws)
    for level, units in one.fenced.items():
        closed = min(max(units - taken[level], 0), supply.available.get(level, 0))
        if closed:
            supply.available[level] -= closed
            one.closed[level] = closed


def _fill(soft: SoftReservation, basket: Basket, *, before: tuple[Kept, ...]) -> None:
    """Plan the basket on locked levels, write its units and change the counters by the difference."""
    products = {product for product, _ in basket.units} | {kept.product_id for kept in before}
    supply = supply_of(products, channel_id=basket.taker.channel_id, locked=True)
    bring(Claim(soft, before), supply)
    plan = _plan(basket, supply)
    now = _end_units([soft])
    after = _per_level(plan)
    Reservation.objects.bulk_create(
        Reservation(level_id=level, soft=soft, quantity=quantity, created_at=now)
        for level, quantity in sorted(after.items())
    )

    freed, drawn = _per_level(before), _per_level(draw for part in plan for draw in part.draws)
    changes = {level: after.get(level, 0) - freed.get(level, 0) for level in after | freed}
    counters.apply(
        counters.Delta(
            level,
            reserved=changes.get(level, 0),
            promised=max(changes.get(level, 0), 0),
            fenced=-drawn.get(level, 0),
        )
        for level in changes | drawn
        if changes.get(level) or drawn.get(level)
    )  # planned on locked levels: none can refuse
    holder = Holder(soft_id=soft.pk)
    fence_uses.use((holder, part.level_id, draw) for part in plan for draw in part.draws)
    if before:
        fence_uses.pass_on([soft.pk], (Stay(soft.pk, holder, *kept) for kept in after.items()))


def _plan(basket: Basket, supply: Supply) -> list[Allotment]:
    """Allotments for the whole basket. Raises NotAvailable."""
    avoid: set[int] = set()
    if basket.location_id is not None:
        avoid = set(supply.sites) - {basket.location_id}
    demands = tuple(Demand(at, *unit) for at, unit in enumerate(basket.units))
    request = Request(
        basket.destination, demands, frozenset(avoid), settled=True, taker=basket.taker
    )
    plan = source([request], supply)[0].parts
    missing = {at: quantity for at, (_, quantity) in enumerate(basket.units)}
    for part in plan:
        missing[part.key] -= part.quantity
    if short := [basket.units[at][0] for at, quantity in missing.items() if quantity]:
        skus = Product.objects.filter(pk__in=short).order_by("sku").values_list("sku", flat=True)
        raise NotAvailable(skus=", ".join(skus))
    return plan


def _lock_due(due: QuerySet[SoftReservation]) -> QuerySet[SoftReservation]:
    return due.select_for_update(skip_locked=True, of=("self",))[:SWEPT_AT_ONCE]


def _open(soft: SoftReservation) -> SoftReservation:
    soft = SoftReservation.objects.lock_one(soft.pk)
    _refuse_ended(soft)
    return soft


def _refuse_ended(soft: SoftReservation) -> None:
    if soft.state != SoftState.OPEN:
        raise SoftReservationEnded(token=soft.token, state=soft.state)


def _give_up(softs: Sequence[SoftReservation], state: SoftState, *, by: str) -> None:
    """End open soft reservations whose rows are locked, and give their units back."""
    kept = [row for rows in _kept(softs).values() for row in rows]
    for soft in softs:
        soft.state, soft.ended_at = state, timezone.now()
    SoftReservation.objects.bulk_update(softs, ["state", "ended_at"])
    _end_units(softs)
    counters.apply(
        counters.Delta(level, reserved=-quantity) for level, quantity in _per_level(kept).items()
    )
    fence_uses.pass_on(soft.pk for soft in softs)

    events.record_all([_fact(state.value, soft) for soft in softs], by=by)
    _announce(kept, by=by)


def _end_units(softs: Iterable[SoftReservation]) -> datetime:
    now = timezone.now()
    Reservation.objects.filter(soft__in=list(softs), state=ReservationState.OPEN).update(
        state=ReservationState.RELEASED,
        ended_at=Greatest("created_at", Value(now, DateTimeField())),
    )
    return now


def _kept(softs: Sequence[SoftReservation]) -> dict[int, tuple[Kept, ...]]:
    found: dict[int, list[Kept]] = {soft.pk: [] for soft in softs}
    rows = Reservation.objects.filter(soft__in=softs, state=ReservationState.OPEN).order_by("pk")
    for pk, *kept in rows.values_list(
        "soft_id", "level_id", "level__location_id", "level__product_id", "quantity"
    ):
        found[pk].append(Kept(*kept))
    return {pk: tuple(rows) for pk, rows in found.items()}


def _beyond_draws(soft_id: int, take: Take) -> Stay:
    """Units of a take that may be those its basket drew from a fence before."""
    drawn = sum(draw.quantity for draw in take.draws)
    return Stay(soft_id, Holder(take.line_id), take.level_id, take.quantity - drawn)


def _per_level(rows: Iterable[Kept | Allotment | Draw]) -> dict[int, int]:
    totals: dict[int, int] = defaultdict(int)
    for row in rows:
        totals[row.level_id] += row.quantity
    return dict(totals)


def _announce(kept: Iterable[Kept], *, by: str) -> None:
    """Tell those who wait that there is more; the levels were locked by the counters' update."""
    freed = {row.level_id for row in kept}
    fences.settle(freed)
    levels = StockLevel.objects.filter(pk__in=freed).order_by("pk")
    record_increases(levels, cause="released", by=by)


def _fact(what: str, soft: SoftReservation, **facts: object) -> events.Fact:
    return events.Fact(f"soft_reservation.{what}", soft, {"token": soft.token, **facts})


def _plain(basket: Basket) -> list[list[int]]:
    return [list(unit) for unit in basket.units]
