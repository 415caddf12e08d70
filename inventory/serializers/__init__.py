"""Messages of the stock API, one file per noun."""

from inventory.serializers.locations import LocationSerializer
from inventory.serializers.moments import PastMovementOut, PastReservationOut, StockThenOut
from inventory.serializers.products import ProductIn, ProductSerializer
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
    "LocationSerializer",
    "PastMovementOut",
    "PastReservationOut",
    "ProductIn",
    "ProductSerializer",
    "StockMovementIn",
    "StockMovementOut",
    "StockThenOut",
]
