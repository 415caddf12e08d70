"""What channels were told that they may sell, held against the rule that it is a copy of."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils.module_loading import import_string

from inventory.models import Availability, Product, Retelling, StockLevel
from inventory.queries import selling
from oms.ledgers import Invariant

BATCH = 500  # products

Suspect = tuple[int, int, int, int]  # product id, channel id, told, may sell


@dataclass(frozen=True, slots=True)
class Untrue:
    """A figure that a channel was told last, and what it may sell."""

    product_id: int
    sku: str
    channel: str
    told: int
    may_sell: int

    def __str__(self) -> str:
        return f"{self.sku} for {self.channel}: told {self.told}, may sell {self.may_sell}"


def told_invariants() -> list[Invariant]:
    """What `check_ledgers` proves of told figures."""
    return [
        Invariant(
            "availability.told",
            "What a channel was told last is what it may sell.",
            count=Availability.objects.count,
            violations=lambda: map(str, untrue_figures()),
            repair=import_string("inventory.operations.tell_untrue"),
        )
    ]


def untrue_figures() -> Iterator[Untrue]:
    """Figures that differ from the rule though nothing of the product waits to be told.

    What seems wrong is looked at once more, so that only what did not change meanwhile is named.
    """
    channels = {channel.pk: channel for channel in selling.selling_channels()}
    rows = Product.objects.filter(levels__isnull=False).order_by("pk").distinct()
    products = list(rows.values_list("pk", flat=True))
    for start in range(0, len(products), BATCH):
        suspects = _suspects(products[start : start + BATCH], channels)
        if suspects:
            again = _suspects({product for product, *_ in suspects}, channels)
            yield from _named(sorted(suspects & again), channels)


def _suspects(product_ids: Collection[int], channels: dict[int, Any]) -> set[Suspect]:
    told = {
        (product, channel): units
        for product, channel, units in Availability.objects.filter(
            product__in=product_ids
        ).values_list("product_id", "channel_id", "quantity")
    }
    true = selling.figures_of(product_ids, channels)
    waiting = StockLevel.objects.filter(product__in=product_ids).exclude(changes=F("told"))
    waits = {*waiting.values_list("product_id", flat=True), *_to_be_looked_at(product_ids)}
    return {
        (product, channel, told.get((product, channel), 0), units)
        for (product, channel), units in true.items()
        if product not in waits and told.get((product, channel), 0) != units
    }


def levels_to_tell() -> int:
    """Levels at which channels are yet to be told anew after a rule for very many changed."""
    return sum(_left(row).count() for row in Retelling.objects.order_by("pk"))


def _to_be_looked_at(product_ids: Collection[int]) -> Iterator[int]:
    for row in Retelling.objects.all():
        yield from _left(row).filter(product__in=product_ids).values_list("product_id", flat=True)


def _left(row: Retelling) -> QuerySet[StockLevel]:
    rows = StockLevel.objects.filter(pk__gt=row.after, pk__lte=row.until)
    return rows.filter(location=row.location_id) if row.location_id else rows


def _named(rows: list[Suspect], channels: dict[int, Any]) -> Iterator[Untrue]:
    skus = dict(Product.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", "sku"))
    for product, channel, told, true in rows:
        yield Untrue(product, skus[product], channels[channel].code, told, true)
