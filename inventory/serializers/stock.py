"""Availability and movements."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from inventory.enums import MovementKind
from oms.wire import Short, SignedQuantity, Sku, message

Kind = Literal[tuple(MovementKind.values)]  # type: ignore[valid-type]


@message
class AvailabilityOut(msgspec.Struct):
    """Stock of one SKU at one location, in units."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    available: int


@message
class StockMovementIn(msgspec.Struct):
    """A change of on-hand stock: positive comes in, negative goes out."""

    sku: Sku
    location: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    quantity: SignedQuantity
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    reference: Short = ""
    kind: Kind | None = None
    unit_cost: Decimal | None = None


@message
class StockMovementOut(msgspec.Struct):
    """A movement as it was written."""

    sku: str
    location: str
    kind: str
    quantity: int
    balance: int
    reason: str
    reference: str
    at: datetime
