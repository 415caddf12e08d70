"""Messages about how a channel sells single products."""

from typing import Annotated

import msgspec

from inventory.queries import Listing
from oms.wire import Sent, message

Units = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


@message
class ListingIn(Sent):
    """How a channel is to sell a product; what is left out or null is as for every other one.

    `safety_stock` units are left at every location; `backorder_limit` and `preorder_limit` are units
    sold at once before they are there.
    """

    safety_stock: Units | None = None
    backorder_limit: Units | None = None
    preorder_limit: Units | None = None


@message
class ListingOut(msgspec.Struct):
    """How a channel sells a product; null: as every other one."""

    sku: str
    safety_stock: int | None
    backorder_limit: int | None
    preorder_limit: int | None

    @classmethod
    def of(cls, row: Listing) -> "ListingOut":
        """As the API shows it."""
        sku = row.product.sku if row.product else ""
        return cls(sku, row.safety_stock, row.backorder_limit, row.preorder_limit)


@message
class SafetyStock(Sent):
    """Units that a channel leaves at every location of each product without a figure of its own."""

    safety_stock: Units | None
