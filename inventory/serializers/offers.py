"""Messages about what suppliers sell."""

from decimal import Decimal
from typing import Annotated

import msgspec

from inventory.models import SupplierProduct
from oms.money import plain
from oms.wire import Quantity, Sent, Sku, message


@message
class OfferIn(Sent):
    """A product as a supplier sells it; `price` is of one unit, in the supplier's currency."""

    sku: Sku
    price: Decimal
    supplier_sku: Annotated[str, msgspec.Meta(max_length=64)] = ""
    pack_size: Quantity = 1
    minimum: Quantity = 1
    lead_time_days: Annotated[int, msgspec.Meta(ge=0, le=3_650)] | None = None
    is_preferred: bool = False


@message
class OffersIn(Sent):
    """Up to 1,000 offers of one supplier."""

    offers: Annotated[list[OfferIn], msgspec.Meta(min_length=1, max_length=1_000)]


@message
class OfferOut(msgspec.Struct):
    """A product as a supplier sells it; without a lead time of its own the supplier's counts."""

    sku: str
    price: str
    currency: str
    supplier_sku: str
    pack_size: int
    minimum: int
    lead_time_days: int | None
    is_preferred: bool

    @classmethod
    def of(cls, row: SupplierProduct) -> "OfferOut":
        """As the API shows it."""
        return cls(
            row.product.sku,
            plain(row.price, row.supplier.currency),
            row.supplier.currency,
            row.supplier_sku,
            row.pack_size,
            row.minimum,
            row.lead_time_days,
            row.is_preferred,
        )
