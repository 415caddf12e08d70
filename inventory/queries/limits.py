"""How many units are sold before they are there, and how a product is sold in each channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from django.utils.module_loading import import_string

from inventory.enums import LimitKind
from inventory.models import ChannelSafetyStock, Product, SellingLimit

Used = dict[tuple[int, int | None, str], int]  # (product id, channel id or all, kind) -> units


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit with what is sold against it now."""

    product_id: int
    channel_id: int | None
    kind: str
    units: int
    used: int = 0

    @property
    def left(self) -> int:
        """Units that may still be sold."""
        return max(self.units - self.used, 0)


@dataclass(slots=True)
class Listing:
    """A product as a channel sells it; no product: what counts for every other one."""

    product: Product | None
    safety_stock: int | None = None
    backorder_limit: int | None = None
    preorder_limit: int | None = None


def limits_of(product_ids: Iterable[int]) -> list[Limit]:
    """The limits of these products, those over all channels first, with what is sold against them."""
    rows = SellingLimit.objects.filter(product__in=set(product_ids))
    found = list(
        rows.order_by("product", "kind", "channel").values_list(
            "product_id", "channel_id", "kind", "units"
        )
    )
    if not found:
        return []
    used = sold_ahead({product for product, *_ in found})
    limits = [Limit(*row, used.get((row[0], row[1], row[2]), 0)) for row in found]
    return sorted(limits, key=lambda one: (one.product_id, one.kind, one.channel_id or 0))


def sold_ahead(product_ids: Iterable[int]) -> Used:
    """Units sold before they are there, asked of the app above through the wiring."""
    path = import_module("oms.wiring").ANSWERS["inventory.sold_ahead"]
    found: Used = import_string(path)(product_ids)
    return found


def listings_of(channel_id: int, skus: Iterable[str] | None = None) -> list[Listing]:
    """Products for which a channel has settings of its own, by SKU, after those of every other one.

    With SKUs: these products, with or without such settings.
    """
    found: dict[int | None, Listing] = {}
    rows = ChannelSafetyStock.objects.filter(channel=channel_id).select_related("product")
    caps = SellingLimit.objects.filter(channel=channel_id).select_related("product")
    if skus is not None:
        wanted = list(skus)
        products = Product.objects.filter(sku__in=wanted)
        found = {product.pk: Listing(product) for product in products}
        rows, caps = rows.filter(product__sku__in=wanted), caps.filter(product__sku__in=wanted)
    for row in rows:
        entry = found.setdefault(row.product_id, Listing(row.product))
        entry.safety_stock = row.quantity
    for cap in caps:
        entry = found.setdefault(cap.product_id, Listing(cap.product))
        if cap.kind == LimitKind.BACKORDER:
            entry.backorder_limit = cap.units
        else:
            entry.preorder_limit = cap.units
    return sorted(found.values(), key=lambda one: one.product.sku if one.product else "")
