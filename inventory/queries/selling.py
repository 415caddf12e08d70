"""What each channel may sell, and why: the rule of `inventory.queries.fences` added up.

    on hand - reserved - safety stock - the channel's safety stock - kept for others = available

per location, never less than what is kept for the channel itself; locations are added up. Fences
of customer groups count as kept for others: a channel's figure is what any of its buyers can have.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.db.models import F, Q
from django.utils.module_loading import import_string

from inventory.models import Availability, ChannelSafetyStock, StockLevel
from inventory.queries.fences import Kept, Taker, kept_units, takeable

Figures = dict[tuple[int, int], int]  # (product id, channel id) -> units


@dataclass(frozen=True, slots=True)
class Shelf:
    """A stock level as far as selling needs it; `free` is kept for nobody."""

    pk: int
    product_id: int
    location_id: int
    on_hand: int
    reserved: int
    safety: int
    fenced: int

    @property
    def free(self) -> int:
        """Units that anybody may take; negative where safety stock is not covered."""
        return self.on_hand - self.reserved - self.safety - self.fenced


@dataclass(frozen=True, slots=True)
class Why:
    """How one channel's figure of one product comes about, in units over all locations."""

    channel: Any
    on_hand: int
    reserved: int
    safety: int
    spare: int
    others: int
    own: int
    available: int


def selling_channels() -> list[Any]:
    """The channels that sell, asked of the app above through the wiring."""
    found: list[Any] = import_string(import_module("oms.wiring").ANSWERS["inventory.channels"])()
    return found


def figures_of(product_ids: Iterable[int], channel_ids: Iterable[int]) -> Figures:
    """What each channel may sell of each product, in at most three statements."""
    products, channels = set(product_ids), list(channel_ids)
    shelves = shelves_of(products)
    own = _own(kept_units({row.product_id for row in shelves if row.fenced}))
    spares = spares_of(products)
    found: Figures = {(product, channel): 0 for product in products for channel in channels}
    for row in shelves:
        for channel in channels:
            spare = spares.get((channel, row.product_id), spares.get((channel, None), 0))
            kept = own.get((row.pk, channel), 0)
            found[row.product_id, channel] += takeable(kept, row.free, spare)
    return found


def reasons_of(product_id: int, channels: Iterable[Any]) -> list[Why]:
    """Every channel's figure of a product, with what it is made of."""
    channels = list(channels)
    shelves = shelves_of({product_id})
    own = _own(kept_units({product_id}))
    spares = spares_of({product_id})
    return [_why(channel, shelves, own, spares) for channel in channels]


def shelves_of(product_ids: Iterable[int]) -> list[Shelf]:
    """Levels of these products at active locations."""
    rows = StockLevel.objects.filter(product__in=set(product_ids), location__is_active=True)
    fields = ("pk", "product_id", "location_id", "on_hand", "reserved", "safety_stock", "fenced")
    return [Shelf(*row) for row in rows.order_by("pk").values_list(*fields)]


def spares_of(product_ids: Iterable[int]) -> dict[tuple[int, int | None], int]:
    """Channel safety stock by channel and product; under no product, what counts for the rest."""
    rows = ChannelSafetyStock.objects.filter(Q(product__in=set(product_ids)) | Q(product=None))
    found = rows.values_list("channel_id", "product_id", "quantity")
    return {(channel, product): quantity for channel, product, quantity in found}


def changed_since(moment: Any, channels: Iterable[str] | None) -> Any:
    """Told figures that changed after a moment, oldest change first; of these channels, or all."""
    rows = Availability.objects.filter(changed_at__gt=moment)
    if channels is not None:
        rows = rows.filter(channel__code__in=list(channels))
    return rows.order_by("changed_at").values_list(
        "product__sku", "channel__code", "quantity", "changed_at"
    )


def untold_levels(most: int) -> list[tuple[int, int, int]]:
    """Levels whose latest change no channel was told of: (id, product id, change)."""
    rows = StockLevel.objects.exclude(changes=F("told")).order_by("pk")
    return list(rows.values_list("pk", "product_id", "changes")[:most])


def _own(kept: Iterable[Kept]) -> dict[tuple[int, int], int]:
    """Units kept for a channel as a whole, by level and channel."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for row in kept:
        if row.channel_id is not None and row.is_for(Taker(row.channel_id)):
            found[row.level_id, row.channel_id] += row.quantity
    return dict(found)


def _why(
    channel: Any,
    shelves: list[Shelf],
    own: dict[tuple[int, int], int],
    spares: dict[tuple[int, int | None], int],
) -> Why:
    figure = [0] * 6
    for row in shelves:
        mine = own.get((row.pk, channel.pk), 0)
        spare = spares.get((channel.pk, row.product_id), spares.get((channel.pk, None), 0))
        spare = min(spare, max(row.free, 0))
        parts = (row.on_hand, row.reserved, min(row.safety, row.on_hand - row.reserved), spare)
        for at, units in enumerate((*parts, row.fenced - mine, mine)):
            figure[at] += units
    on_hand, reserved, safety, spare, others, kept = figure
    return Why(
        channel, on_hand, reserved, safety, spare, others, kept,
        on_hand - reserved - safety - spare - others,
    )  # fmt: skip
