"""Ring-fences: set, change and lift them; keep what they want as far as stock allows.

Lock order: stock levels in key order, then fences in key order. Kept units change only together
with their level's `fenced`, and so under the level's lock. Whoever changes what could be promised
at a level calls `settle` before the commit, so that what is free never grows past a hungry fence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from inventory.models import Fence, FencedStock, Product, StockLevel
from inventory.operations import counters
from inventory.operations.increases import record_increases
from inventory.queries.fences import Places, Quota, fill
from oms import events
from oms.errors import DomainError
from oms.prepared import prepared

NOTHING: Mapping[int, int] = MappingProxyType({})
WHOLE = 100  # percent


class InvalidFence(DomainError):
    """A fence that keeps nothing, for nobody, or more than all."""

    code = "invalid_fence"
    message = "{reason}"


class FenceLifted(DomainError):
    """The fence was lifted before."""

    code = "fence_lifted"
    message = "This fence was lifted before."


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much a fence keeps: so many units, or so many percent of stock and of what arrives."""

    units: int | None = None
    share: int | None = None


@dataclass(frozen=True, slots=True)
class FenceWish:
    """What is to be kept, where (everywhere if no place is given), for whom, and until when."""

    product_id: int
    quantity: Quantity
    channel_id: int | None = None
    group: str = ""
    location_id: int | None = None
    ends_at: datetime | None = None


@transaction.atomic
def set_fence(wish: FenceWish, *, by: str, reason: str = "") -> Fence:
    """Keep units of a product for a channel, a customer group, or whoever is both.

    What is free is kept at once, the rest as stock arrives. Reservations made before do not count
    against the quota. Records `fence.set`. Raises InvalidFence.
    """
    levels = _lock_levels(wish.product_id)
    _check(wish.quantity, wish.product_id)
    if not wish.channel_id and not wish.group:
        raise InvalidFence(reason="Say for which channel or customer group.")
    if wish.ends_at and wish.ends_at <= timezone.now():
        raise InvalidFence(reason="The fence would end before it begins.")

    base = sum(_room(level) for level in levels if wish.location_id in {None, level.location_id})
    fence = Fence.objects.create(
        product_id=wish.product_id,
        location_id=wish.location_id,
        channel_id=wish.channel_id,
        group=wish.group,
        amount=_amount(wish.quantity, base),
        share=wish.quantity.share,
        base=base if wish.quantity.share else 0,
        reason=reason,
        set_by=by,
        ends_at=wish.ends_at,
    )
    settle([level.pk for level in levels])

    _record("fence.set", fence, by=by, reason=reason)
    return fence


@transaction.atomic
def change_fence(fence: Fence, quantity: Quantity, *, by: str, reason: str) -> Fence:
    """Give a fence another quota; units used up stay used.

    Units set free are announced to waiting orders. Records `fence.changed`. Raises InvalidFence and
    FenceLifted.
    """
    levels, fence = _lock(fence)
    _check(quantity, fence.product_id, but=fence.pk)

    before = fence.amount
    base = fence.base or sum(_room(level) for level in levels) + fence.used
    fence.share, fence.base = quantity.share, base if quantity.share else 0
    fence.amount = _amount(quantity, base)
    fence.save(update_fields=["amount", "share", "base"])
    settle([level.pk for level in levels])

    _record("fence.changed", fence, by=by, before=before, reason=reason)
    if fence.amount < before:
        record_increases(levels, cause="fence", by=by)
    return fence


@transaction.atomic
def lift_fence(fence: Fence, *, by: str, reason: str = "") -> Fence:
    """End a fence: what it kept is there for everybody. Records `fence.lifted`.

    Raises FenceLifted.
    """
    levels, fence = _lock(fence)

    fence.lifted_at = timezone.now()
    fence.save(update_fields=["lifted_at"])
    freed = dict(fence.kept.filter(quantity__gt=0).values_list("level_id", "quantity"))
    FencedStock.objects.filter(fence=fence).update(quantity=0)
    counters.apply(counters.Delta(level, fenced=-units) for level, units in freed.items())
    settle(sorted(freed))

    _record("fence.lifted", fence, by=by, freed=sum(freed.values()), reason=reason)
    record_increases([level for level in levels if level.pk in freed], cause="fence", by=by)
    return fence


def lift_ended() -> int:
    """Lift the fences whose time is over; how many."""
    over = Fence.objects.filter(lifted_at=None, ends_at__lte=timezone.now()).order_by("pk")
    for fence in (found := list(over[:100])):
        lift_fence(fence, by="chore:fences", reason="Its time is over.")
    return len(found)


# --- Called by whoever changes stock ------------------------------------------------------------


def hold_wide(product_ids: Iterable[int], level_ids: Iterable[int]) -> None:
    """Lock these levels, and all levels of those products that have a fence over all locations.

    Before stock is taken away: what no longer fits at one level may then be kept at another. Locks
    nothing where there is no such fence.
    """
    wide = Fence.objects.filter(
        lifted_at=None, location=None, product__in=set(product_ids)
    ).values_list("product_id", flat=True)
    if products := set(wide):
        pks = StockLevel.objects.filter(product__in=products).values_list("pk", flat=True)
        StockLevel.objects.lock(*pks, *level_ids)


def settle(level_ids: Iterable[int], *, moved: Mapping[int, int] = NOTHING) -> None:
    """Keep what fences want and stock allows at these levels, which the caller has locked.

    `moved` gives the on-hand change by level, from which shares grow. One statement where no fence
    stands.
    """
    levels = set(level_ids)
    fences = lock_open(levels)
    if not fences:
        return
    products = {fence.product_id for fence in fences}
    wide = {fence.product_id for fence in fences if fence.location_id is None}
    rows = list(
        StockLevel.objects.filter(Q(pk__in=levels, product__in=products)).select_related("location")
    )
    if moved:
        _grow(fences, rows, moved)
    kept = _kept(fences)
    for product in sorted(products):
        here = [row for row in rows if row.product_id == product]
        mine = [fence for fence in fences if fence.product_id == product]
        if product in wide and _too_much(kept, here):
            here = _all_levels(product)
        _settle_product(mine, here, kept)


def _too_much(kept: Places, levels: list[StockLevel]) -> bool:
    """Whether fences keep more at one of these levels than fits there now."""
    totals: Counter[int] = Counter()
    for (_, level), units in kept.items():
        totals[level] += units
    return any(totals[level.pk] > _room(level) for level in levels)


def _settle_product(fences: list[Fence], levels: list[StockLevel], kept: Places) -> None:
    quotas = [
        Quota(
            fence.pk,
            fence.left,
            frozenset(
                level.pk for level in levels if fence.location_id in {None, level.location_id}
            ),
        )
        for fence in fences
    ]
    mine = {fence.pk for fence in fences}
    before = {place: units for place, units in kept.items() if place[0] in mine}
    after = fill(quotas, {level.pk: _room(level) for level in levels}, before)
    _write_kept(before, after)
    totals: dict[int, int] = defaultdict(int)
    for (_, level_id), units in after.items():
        totals[level_id] += units
    changes = {level.pk: totals[level.pk] - level.fenced for level in levels}
    counters.apply(counters.Delta(pk, fenced=change) for pk, change in changes.items() if change)


def _write_kept(before: Places, after: Places) -> None:
    FencedStock.objects.bulk_create(
        [
            FencedStock(fence_id=fence, level_id=level, quantity=units)
            for (fence, level), units in sorted(after.items())
            if units != before.get((fence, level), 0)
        ],
        update_conflicts=True,
        unique_fields=["fence", "level"],
        update_fields=["quantity"],
    )


def _grow(fences: list[Fence], levels: list[StockLevel], moved: Mapping[int, int]) -> None:
    """A share is of everything that arrived as well, less what was found missing."""
    for fence in fences:
        change = sum(
            moved.get(level.pk, 0)
            for level in levels
            if level.product_id == fence.product_id
            and fence.location_id in {None, level.location_id}
        )
        if fence.share and change:
            fence.base = max(0, fence.base + change)
            fence.amount = _amount(Quantity(share=fence.share), fence.base)
            fence.save(update_fields=["base", "amount"])


def _room(level: StockLevel) -> int:
    """Units that fences may keep at a level."""
    return level.available if level.location.is_active else 0


def _amount(quantity: Quantity, base: int) -> int:
    return quantity.units if quantity.units is not None else base * (quantity.share or 0) // WHOLE


def _check(quantity: Quantity, product_id: int, *, but: int | None = None) -> None:
    if (quantity.units is None) == (quantity.share is None):
        raise InvalidFence(reason="Say either how many units or which share.")
    if quantity.units is not None and quantity.units < 1:
        raise InvalidFence(reason="A fence keeps at least one unit.")
    if quantity.share is not None and not 1 <= quantity.share <= WHOLE:
        raise InvalidFence(reason="A share is 1 to 100 percent.")
    if quantity.share:
        rows = Fence.objects.filter(product_id=product_id, lifted_at=None).exclude(pk=but or 0)
        others = rows.aggregate(sum=Sum("share"))["sum"] or 0
        if others + quantity.share > WHOLE:
            raise InvalidFence(reason=f"Other fences of this product keep {others} % already.")


def _lock_levels(product_id: int) -> list[StockLevel]:
    pks = StockLevel.objects.filter(product=product_id).values_list("pk", flat=True)
    return StockLevel.objects.select_related("location").lock(*pks)


def _all_levels(product_id: int) -> list[StockLevel]:
    """Every level of a product that the caller has locked by `hold_wide`."""
    return list(StockLevel.objects.filter(product=product_id).select_related("location"))


def _lock(fence: Fence) -> tuple[list[StockLevel], Fence]:
    levels = _lock_levels(fence.product_id)
    fence = Fence.objects.lock_one(fence.pk)
    if fence.lifted_at:
        raise FenceLifted
    return levels, fence


def lock_open(level_ids: Iterable[int]) -> list[Fence]:
    """The open fences of the products at these levels, locked, oldest first."""
    return _open_at(levels=sorted(set(level_ids)))


@prepared
def _open_at(levels: list[int]) -> QuerySet[Fence]:
    products = StockLevel.objects.filter(pk__any=levels).values("product")
    fences = Fence.objects.filter(lifted_at=None, product__in=products).order_by("pk")
    return fences.select_for_update(of=("self",))


def _kept(fences: list[Fence]) -> Places:
    rows = FencedStock.objects.filter(fence__in=fences)
    return {(row.fence_id, row.level_id): row.quantity for row in rows}


def _record(name: str, fence: Fence, *, by: str, **facts: object) -> None:
    sku = Product.objects.values_list("sku", flat=True).get(pk=fence.product_id)
    events.record(
        name,
        fence,
        by=by,
        product=fence.product_id,
        sku=sku,
        location=fence.location_id,
        channel=fence.channel_id,
        group=fence.group,
        amount=fence.amount,
        share=fence.share,
        **facts,
    )
