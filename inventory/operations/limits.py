"""Limits on what is sold before it is there: set them, and hold them while something is sold."""

from collections.abc import Iterable

from django.db import transaction

from inventory.enums import LimitKind
from inventory.models import Product, SellingLimit
from inventory.operations.telling import set_channel_safety_stock
from inventory.queries.limits import Limit, limits_of
from oms import events
from oms.history import stamp


@transaction.atomic
def set_selling_limit(
    product: Product, kind: str, units: int | None, *, by: str, channel_id: int | None = None
) -> None:
    """Let at most so many units be on backorder, or on pre-order, at once; none: as many as come.

    In one channel, or in all together. Orders placed before stay. Records `selling_limit.set` on
    the product; a repeat changes nothing.
    """
    product = Product.objects.lock_one(product.pk)
    rows = SellingLimit.objects.filter(product=product, channel=channel_id, kind=LimitKind(kind))
    row = rows.select_for_update().first()
    before = row.units if row else None
    if before == units:
        return

    if units is None:
        rows.delete()
    elif row:
        rows.update(units=units)
    else:
        SellingLimit.objects.create(
            product=product, channel_id=channel_id, kind=LimitKind(kind), units=units
        )
    _mark(product, by=by)

    facts = {"kind": LimitKind(kind).value, "channel": channel_id, "sku": product.sku}
    events.record("selling_limit.set", product, by=by, before=before, after=units, **facts)


@transaction.atomic
def set_selling_limits(
    product: Product, *, by: str, backorder: int | None, preorder: int | None
) -> None:
    """Replace a product's limits over all channels together; records what `set_selling_limit` does."""
    set_selling_limit(product, LimitKind.BACKORDER, backorder, by=by)
    set_selling_limit(product, LimitKind.PREORDER, preorder, by=by)


@transaction.atomic
def set_listing(
    product: Product,
    channel_id: int,
    *,
    by: str,
    safety_stock: int | None,
    backorder_limit: int | None,
    preorder_limit: int | None,
) -> None:
    """Say how a channel sells a product: what it leaves, and how much it sells before it is there.

    None stands for what counts in every channel or for every product. Records what
    `set_channel_safety_stock` and `set_selling_limit` record, where something changed.
    """
    set_selling_limit(product, LimitKind.BACKORDER, backorder_limit, by=by, channel_id=channel_id)
    set_selling_limit(product, LimitKind.PREORDER, preorder_limit, by=by, channel_id=channel_id)
    set_channel_safety_stock(channel_id, safety_stock, by=by, product=product)


def lock_limits(product_ids: Iterable[int]) -> list[Limit]:
    """The limits of these products, held until the transaction ends, with what is sold now.

    Call it before stock levels are locked. Whoever else sells against them waits, and then counts
    what was sold here.
    """
    wanted = sorted(set(product_ids))
    rows = SellingLimit.objects.filter(product__in=wanted).order_by("pk")
    list(rows.select_for_update(no_key=True))
    return limits_of(wanted)


def _mark(product: Product, *, by: str) -> None:
    is_limited = SellingLimit.objects.filter(product=product).exists()
    if product.is_limited != is_limited:
        product.is_limited = is_limited
        stamp(product, by=by, reason="selling limit")
        product.save(update_fields=["is_limited"])
