"""Availability and movements."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from inventory.enums import MovementKind, StockCondition
from oms.wire import Moment, Sent, Short, SignedQuantity, Sku, message

Kind = Literal[tuple(MovementKind.values)]  # type: ignore[valid-type]
Condition = Literal[tuple(StockCondition.values)]  # type: ignore[valid-type]


@message
class AvailabilityOut(msgspec.Struct):
    """Stock of one SKU at one location, in units.

    `available` is what any buyer of the channel may have: behind its own fences and beyond those of
    others. `fenced` units are kept for some channel or customer group.
    """

    sku: str
    location: str
    on_hand: int
    reserved: int
    available: int
    fenced: int


@message
class AvailabilityIn(Sent):
    """Which stock is asked about; every active location if none is named."""

    skus: Annotated[list[Sku], msgspec.Meta(min_length=1, max_length=1_000)]
    locations: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=20)]],
        msgspec.Meta(max_length=1_000),
    ] = []
    channel: Annotated[str, msgspec.Meta(max_length=40)] = ""


@message
class ChannelAvailabilityOut(msgspec.Struct):
    """What a channel may sell of a SKU, over all locations, since the moment it changed."""

    sku: str
    channel: str
    quantity: int
    changed_at: datetime


@message
class AvailabilityFeed(msgspec.Struct):
    """Figures that changed, oldest change first; pass `next_changed_since` to go on."""

    results: list[ChannelAvailabilityOut]
    next_changed_since: datetime
    has_more: bool


@message
class StockMovementIn(Sent):
    """A change of stock in one condition: positive comes in, negative goes out.

    An adjusted movement without a reason code has the code `other`. `effective_at` says since when
    it is true, where that is in the past. Units of a tracked product move by `lot`: the code of
    their lot, or the serial number of one unit; one that is met for the first time when units come
    in is made, with the date from `expires_on`.
    """

    sku: Sku
    location: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    quantity: SignedQuantity
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    reference: Short = ""
    kind: Kind | None = None
    unit_cost: Decimal | None = None
    condition: Condition = StockCondition.AVAILABLE.value
    reason_code: Annotated[str, msgspec.Meta(max_length=30)] = ""
    effective_at: Moment | None = None
    lot: Annotated[str, msgspec.Meta(max_length=64)] = ""
    expires_on: date | None = None


@message
class StockMovementOut(msgspec.Struct):
    """A movement as it was written."""

    sku: str
    location: str
    kind: str
    condition: str
    quantity: int
    balance: int
    reason_code: str
    reason: str
    reference: str
    at: datetime
    effective_at: datetime | None
    lot: str
