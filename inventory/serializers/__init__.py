"""Messages of the stock API, one file per noun."""

from inventory.serializers.counts import CompletionIn, CountEntriesIn, CountOut
from inventory.serializers.locations import LocationSerializer
from inventory.serializers.moments import PastMovementOut, PastReservationOut, StockThenOut
from inventory.serializers.products import LimitOut, LimitsIn, ProductIn, ProductSerializer
from inventory.serializers.stock import (
    AvailabilityFeed,
    AvailabilityIn,
    AvailabilityOut,
    ChannelAvailabilityOut,
    StockMovementIn,
    StockMovementOut,
)

__all__ = [
    "AvailabilityFeed",
    "AvailabilityIn",
    "AvailabilityOut",
    "ChannelAvailabilityOut",
    "CompletionIn",
    "CountEntriesIn",
    "CountOut",
    "LimitOut",
    "LimitsIn",
    "LocationSerializer",
    "PastMovementOut",
    "PastReservationOut",
    "ProductIn",
    "ProductSerializer",
    "StockMovementIn",
    "StockMovementOut",
    "StockThenOut",
]
