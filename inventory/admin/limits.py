"""How many units of a product are sold before they are there: the button, and the card."""

from typing import Any

from django.http import HttpRequest

from inventory import operations, queries
from inventory.enums import LimitKind
from inventory.forms.limits import LimitForm
from inventory.models import Product
from oms.admin import Act, actor


def set_limit(request: HttpRequest, product: Product, data: dict[str, Any]) -> str:
    """Limit backorders or pre-orders."""
    channel = int(data["channel"]) if data["channel"] else None
    operations.set_selling_limit(
        product, data["kind"], data["units"], by=actor(request), channel_id=channel
    )
    kind = LimitKind(data["kind"]).label.lower()
    if data["units"] is None:
        return f"{product} has no such limit on {kind} any more."
    return f"At most {data['units']} × {product} are on {kind} at once."


LIMIT_ACT = Act(
    "limit",
    "Limit backorders",
    "inventory.set_fence",
    set_limit,
    form=LimitForm,
    help="How many units may be sold before they are there. Orders placed before stay; what becomes "
    "of an order beyond the limit is the channel's policy.",
    icon="production_quantity_limits",
    folded=True,
)


def limit_rows(product: Product) -> list[dict[str, Any]]:
    """The product's limits with what is sold against them, in words."""
    limits = queries.limits_of([product.pk]) if product.is_limited else []
    names = {channel.pk: channel for channel in queries.selling_channels()} if limits else {}
    return [
        {
            "limit": limit,
            "kind": LimitKind(limit.kind).label,
            "channel": names.get(limit.channel_id),
            "is_all": limit.channel_id is None,
            "counts": limit.kind != LimitKind.PREORDER or product.is_preorder,
        }
        for limit in limits
    ]
