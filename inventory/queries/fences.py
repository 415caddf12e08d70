"""Ring-fences: what a channel or a customer group may take that others may not.

The rule, per stock level:

    free     = on hand - reserved - safety stock - fenced
    takeable = units kept for the taker + max(0, free - the channel's safety stock)

Units beyond a taker's own fences are thus taken only while every fence stays covered.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet

from inventory.models import FencedStock


@dataclass(frozen=True, slots=True)
class Taker:
    """Who asks for stock: a sales channel, and the group of its customer."""

    channel_id: int | None = None
    group: str = ""


NOBODY = Taker()


def opens_for(whose: Taker, taker: Taker) -> bool:
    """Whether units kept for somebody are the taker's: whatever the fence names must fit."""
    mine = whose.channel_id is None or whose.channel_id == taker.channel_id
    return mine and whose.group in {"", taker.group}


class Holder(NamedTuple):
    """Who used a quota up: an order line, or a basket."""

    line_id: int | None = None
    soft_id: int | None = None


@dataclass(slots=True)
class Kept:
    """Units that a fence keeps at a level."""

    pk: int
    fence_id: int
    level_id: int
    product_id: int
    channel_id: int | None
    group: str
    everywhere: bool  # the fence is over all locations
    quantity: int

    def is_for(self, taker: Taker) -> bool:
        """Whether the taker may have them."""
        return opens_for(self.whose, taker)

    @property
    def whose(self) -> Taker:
        """Whom they are kept for."""
        return Taker(self.channel_id, self.group)


@dataclass(frozen=True, slots=True)
class Draw:
    """Units of a fence's quota that a take uses up, and the level that kept them."""

    kept_id: int
    fence_id: int
    level_id: int
    quantity: int


def takeable(own: int, free: int, spare: int) -> int:
    """Units of a level that one taker may have; `spare` is its channel's safety stock."""
    return own + max(0, free - spare)


def kept_units(product_ids: Iterable[int]) -> list[Kept]:
    """What fences keep of these products at active locations, oldest fence first."""
    rows: QuerySet[FencedStock] = FencedStock.objects.filter(
        level__product_id__in=set(product_ids), level__location__is_active=True, quantity__gt=0
    )
    return [
        Kept(pk, fence, level, product, channel, group, place is None, quantity)
        for pk, fence, level, product, channel, group, place, quantity in rows.order_by(
            "fence_id", "level_id"
        ).values_list(
            "pk",
            "fence_id",
            "level_id",
            "level__product_id",
            "fence__channel_id",
            "fence__group",
            "fence__location_id",
            "quantity",
        )
    ]


def draws_of(own: list[Kept], level_id: int, quantity: int) -> tuple[Draw, ...]:
    """Which kept units a take of the level uses up, and take them out of `own`.

    Those at the level come first. What is taken beyond them is charged to fences over all
    locations wherever their units lie, which thereby become free there.
    """
    draws = []
    here = [kept for kept in own if kept.level_id == level_id]
    elsewhere = [kept for kept in own if kept.level_id != level_id and kept.everywhere]
    for kept in (*here, *elsewhere):
        taken = min(quantity, kept.quantity)
        if taken:
            kept.quantity -= taken
            quantity -= taken
            draws.append(Draw(kept.pk, kept.fence_id, kept.level_id, taken))
    return tuple(draws)


def per_product(kept: Iterable[Kept]) -> dict[int, list[Kept]]:
    """Kept units by product."""
    found: dict[int, list[Kept]] = defaultdict(list)
    for row in kept:
        found[row.product_id].append(row)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Quota:
    """A fence as far as filling it needs it: units not used up, and where they may be kept."""

    fence_id: int
    left: int
    level_ids: frozenset[int]


Places = dict[tuple[int, int], int]  # (fence id, level id) -> units kept


def fill(quotas: Iterable[Quota], room: dict[int, int], kept: Places) -> Places:
    """Where units are kept after stock, reservations or quotas changed; oldest quota first.

    `room` gives the levels that may change, with the units on hand, not reserved and beyond safety
    stock. What no longer fits goes from the newest fence, what a quota no longer wants goes, then
    each fence takes what it lacks from the level with most to spare. Units that can stay, stay.
    """
    quotas, after = list(quotas), dict(kept)
    for level, units in room.items():
        _trim(after, [(quota.fence_id, level) for quota in reversed(quotas)], units)
    for quota in quotas:
        outside = sum(
            units
            for (fence, level), units in after.items()
            if fence == quota.fence_id and level not in room
        )
        places = [(quota.fence_id, level) for level in sorted(room, reverse=True)]
        _trim(after, places, max(0, quota.left - outside))
    for quota in quotas:
        _top_up(after, quota, room)
    return after


def _trim(after: Places, places: Iterable[tuple[int, int]], most: int) -> None:
    """Take units away at these places, in order, until no more than `most` are kept there."""
    places = list(places)
    excess = sum(after.get(place, 0) for place in places) - most
    for place in places:
        taken = max(0, min(excess, after.get(place, 0)))
        if taken:
            after[place] -= taken
            excess -= taken


def _top_up(after: Places, quota: Quota, room: dict[int, int]) -> None:
    lacks = quota.left - sum(u for (fence, _), u in after.items() if fence == quota.fence_id)
    free = {
        level: units - sum(u for (_, at), u in after.items() if at == level)
        for level, units in room.items()
        if level in quota.level_ids
    }
    for level in sorted(free, key=lambda level: (-free[level], level)):
        taken = max(0, min(lacks, free[level]))
        if taken:
            after[quota.fence_id, level] = after.get((quota.fence_id, level), 0) + taken
            lacks -= taken
