"""Using fences' quotas up, and giving back what was used.

Locks as `inventory.operations.fences` says: the levels first, by their counters' update.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import F, Q, Sum

from inventory.models import Fence, FencedStock, FenceUse, Reservation
from inventory.operations import fences
from inventory.queries.fences import Draw, Holder

Use = tuple[int, Holder, int]  # fence id, who used it, level id


class Stay(NamedTuple):
    """Units that a basket had at a level and that somebody, or the basket itself, has from now on."""

    soft_id: int
    holder: Holder
    level_id: int
    quantity: int


def use(draws: Iterable[tuple[Holder, int, Draw]]) -> bool:
    """Use quotas up: (holder, level it is reserved at, draw); whether they still had it all.

    The caller's counters have changed, so that the levels that kept the units are locked.
    """
    draws = list(draws)
    per_kept: Counter[int] = Counter()
    per_fence: Counter[int] = Counter()
    per_use: Counter[Use] = Counter()
    for holder, level, draw in draws:
        per_kept[draw.kept_id] += draw.quantity
        per_fence[draw.fence_id] += draw.quantity
        per_use[draw.fence_id, holder, level] += draw.quantity
    for pk, units in sorted(per_kept.items()):
        rows = FencedStock.objects.filter(pk=pk, quantity__gte=units, fence__lifted_at=None)
        if not rows.update(quantity=F("quantity") - units):
            return False
    _change_used(per_fence)
    _write_uses(per_use)
    return True


def refill(ended: Sequence[tuple[Reservation, int]]) -> None:
    """Give units that lines give back to the fences they came from; settle the levels.

    Fenced units of a line go back before its others, so that a quota is never shorter than need be.
    """
    levels = {row.level_id for row, _ in ended}
    if not fences.lock_open(levels):
        return
    outstanding = _outstanding(line_ids={row.order_line_id for row, _ in ended})
    per_fence: Counter[int] = Counter()
    per_use: Counter[Use] = Counter()
    for row, quantity in ended:
        left = quantity
        for (fence, holder, level), units in outstanding.items():
            if (holder.line_id, level) == (row.order_line_id, row.level_id) and left:
                back = min(left, units + per_use[fence, holder, level])
                left -= back
                per_fence[fence] -= back
                per_use[fence, holder, level] -= back
    _change_used(per_fence)
    _write_uses(per_use)
    fences.settle(levels)


def follow(moves: Iterable[tuple[Reservation, int, int]]) -> None:
    """Let what lines took of fences follow their units: (reservation, other line, units)."""
    moves = list(moves)
    outstanding = _outstanding(line_ids={row.order_line_id for row, _, _ in moves})
    per_use: Counter[Use] = Counter()
    for row, other, units in moves:
        left = units
        for (fence, holder, level), taken in outstanding.items():
            if (holder.line_id, level) == (row.order_line_id, row.level_id) and left:
                part = min(left, taken + per_use[fence, holder, level])
                left -= part
                per_use[fence, holder, level] -= part
                per_use[fence, Holder(other), level] += part
    _write_uses(per_use)


def pass_on(soft_ids: Iterable[int], stays: Iterable[Stay] = ()) -> None:
    """Give what baskets used of quotas to who has their units now, each basket's to its own order.

    The rest goes back to its fences, which keep it anew where they can. The caller has changed the
    counters of the levels, and so holds them.
    """
    outstanding = _outstanding(soft_ids=set(soft_ids))
    if not outstanding:
        return
    room: Counter[tuple[int, Holder, int]] = Counter()
    for stay in stays:
        room[stay.soft_id, stay.holder, stay.level_id] += stay.quantity
    per_fence: Counter[int] = Counter()
    per_use: Counter[Use] = Counter()
    for (fence, holder, level), units in outstanding.items():
        left = units
        for soft, to, at in list(room):
            if (soft, at) == (holder.soft_id, level):
                moved = min(left, room[soft, to, at])
                left -= moved
                room[soft, to, at] -= moved
                per_use[fence, to, at] += moved
        per_use[fence, holder, level] -= units
        per_fence[fence] -= left
    _change_used(per_fence)
    _write_uses(per_use)
    if any(per_fence.values()):
        fences.settle(level for _, _, level in outstanding)


def give_back(holder: Holder, level_id: int, units: int) -> None:
    """Write that a holder gave units of a level back, newest fence first; quotas stay as they are.

    For repairs, which set quotas to the sum of their uses next.
    """
    line_ids = [holder.line_id] if holder.line_id else []
    soft_ids = [holder.soft_id] if holder.soft_id else []
    per_use: Counter[Use] = Counter()
    for use, taken in _outstanding(line_ids=line_ids, soft_ids=soft_ids).items():
        if use[2] == level_id:
            back = min(units, taken)
            units -= back
            per_use[use] -= back
    _write_uses(per_use)


def drawn_by(soft_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """Units that baskets have of open fences: by basket, then by level."""
    found: dict[int, dict[int, int]] = {pk: {} for pk in soft_ids}
    if not soft_ids:
        return found
    for (_, holder, level), units in _outstanding(soft_ids=soft_ids).items():
        per_level = found[holder.soft_id or 0]
        per_level[level] = per_level.get(level, 0) + units
    return found


def _outstanding(
    *, line_ids: Collection[int | None] = (), soft_ids: Collection[int] = ()
) -> dict[Use, int]:
    """Units that these took of open fences and did not give back, newest fence first."""
    whose = Q(soft__in=soft_ids) if soft_ids else Q(order_line__in=line_ids)
    uses = FenceUse.objects.filter(whose, fence__lifted_at=None)
    sums = uses.values_list("fence_id", "order_line_id", "soft_id", "level_id").annotate(
        units=Sum("quantity")
    )
    found = [
        ((fence, Holder(*who), level), units) for fence, *who, level, units in sums if units > 0
    ]
    return dict(sorted(found, key=lambda row: (row[0][0], row[0][2], row[1]), reverse=True))


def _change_used(per_fence: Mapping[int, int]) -> None:
    for pk, units in sorted(per_fence.items()):
        if units:
            Fence.objects.filter(pk=pk).update(used=F("used") + units)


def _write_uses(per_use: Mapping[Use, int]) -> None:
    FenceUse.objects.bulk_create(
        FenceUse(
            fence_id=fence,
            order_line_id=holder.line_id,
            soft_id=holder.soft_id,
            level_id=level,
            quantity=units,
        )
        for (fence, holder, level), units in per_use.items()
        if units
    )
