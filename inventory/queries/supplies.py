"""Dated supply of products, and for whom it is: what promises are made of.

Units on hand are kept for whoever a fence keeps them. Units that arrive first cover the location's
safety stock where it is short, then fill the fences that lack some, oldest first, as
`inventory.operations.fences` will do when they come; the rest is for anybody.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from inventory.models import ExpectedSupply, Fence
from inventory.queries.atp import Book, Lot
from inventory.queries.fences import Taker, kept_units
from inventory.queries.selling import Shelf, shelves_of, spares_of

WHOLE = 100  # percent


@dataclass(slots=True)
class Hungry:
    """A fence as far as arrivals matter to it: what it lacks, and of what its share grows."""

    product_id: int
    location_id: int | None
    whose: Taker
    amount: int
    used: int
    share: int | None
    base: int
    kept: int

    def feed(self, lot: Lot, left: int) -> int:
        """Units of an arrival of which so many are left that this fence will keep."""
        if self.location_id not in {None, lot.location_id}:
            return 0
        if self.share:
            self.base += lot.quantity
            self.amount = self.base * self.share // WHOLE
        taken = max(0, min(left, self.amount - self.used - self.kept))
        self.kept += taken
        return taken


def supplies_of(product_ids: Sequence[int], now: datetime, *, on_hand: bool) -> dict[int, Book]:
    """The book of each product; `on_hand` false leaves out what is there now."""
    shelves = shelves_of(product_ids)
    lots: dict[int, list[Lot]] = defaultdict(list)
    if on_hand:
        for product, lot in _stock(shelves, now):
            lots[product].append(lot)
    for product, lot in _expected(product_ids, shelves, now):
        lots[product].append(lot)
    spares = spares_of(product_ids)
    channels = {channel for channel, _ in spares}
    return {
        product: Book(
            lots[product],
            spares={
                channel: spares.get((channel, product), spares.get((channel, None), 0))
                for channel in channels
            },
            lying={} if on_hand else _lying(product, shelves),
        )
        for product in product_ids
    }


def _stock(shelves: Sequence[Shelf], now: datetime) -> Iterator[tuple[int, Lot]]:
    """What is there and not reserved: free for anybody, or behind fences."""
    before = timezone.localdate(now, UTC) - timedelta(days=1)  # than any document's day
    places = {row.pk: row.location_id for row in shelves}
    for row in shelves:
        if row.free > 0:
            yield row.product_id, Lot(before, row.free, row.location_id)
    for kept in kept_units({row.product_id for row in shelves if row.fenced}):
        lot = Lot(before, kept.quantity, places[kept.level_id], kept_for=kept.whose)
        yield kept.product_id, lot


def _expected(
    product_ids: Sequence[int], shelves: Sequence[Shelf], now: datetime
) -> Iterator[tuple[int, Lot]]:
    """What documents expect, soonest first, as it will be shared out; late ones come tomorrow."""
    rows = ExpectedSupply.objects.filter(product_id__in=product_ids, location__is_active=True)
    today = timezone.localdate(now, UTC)
    arriving = [
        (product, Lot(today + timedelta(days=1) if day < today else day, units, place, kind, name))
        for product, place, units, day, kind, name in rows.values_list(
            "product_id", "location_id", "quantity", "due_on", "kind", "reference"
        )
    ]
    if not arriving:
        return
    hungry = list(_hungry({product for product, _ in arriving}))
    short = {(row.product_id, row.location_id): max(0, -row.free) for row in shelves}
    for product, lot in sorted(arriving, key=lambda row: (row[1].day, row[1].reference)):
        held = min(lot.quantity, short.get((product, lot.location_id), 0))
        if held:
            short[product, lot.location_id] -= held
        left = lot.quantity - held
        for fence in (one for one in hungry if one.product_id == product):
            if taken := fence.feed(lot, left):
                left -= taken
                yield product, replace(lot, quantity=taken, kept_for=fence.whose)
        if left:
            yield product, replace(lot, quantity=left)


def _hungry(product_ids: Iterable[int]) -> Iterator[Hungry]:
    """Open fences of these products, oldest first."""
    rows = Fence.objects.filter(product__in=set(product_ids), lifted_at=None).order_by("pk")
    there = Sum("kept__quantity", filter=Q(kept__level__location__is_active=True), default=0)
    for product, place, channel, group, *figures in rows.annotate(there=there).values_list(
        "product_id", "location_id", "channel_id", "group",
        "amount", "used", "share", "base", "there",
    ):  # fmt: skip
        yield Hungry(product, place, Taker(channel, group), *figures)


def _lying(product_id: int, shelves: Sequence[Shelf]) -> dict[int, int]:
    """Free units by location."""
    return {row.location_id: max(0, row.free) for row in shelves if row.product_id == product_id}
