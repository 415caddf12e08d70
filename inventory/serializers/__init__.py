"""Messages of the stock API, one file per noun."""

from inventory.serializers.locations import LocationSerializer
from inventory.serializers.moments import PastMovementOut, PastReservationOut, StockThenOut
from inventory.serializers.products import ProductIn, ProductSerializer
from inventory.serializers.stock import AvailabilityOut, StockMovementIn, StockMovementOut

__all__ = [
    "AvailabilityOut",
    "LocationSerializer",
    "PastMovementOut",
    "PastReservationOut",
    "ProductIn",
    "ProductSerializer",
    "StockMovementIn",
    "StockMovementOut",
    "StockThenOut",
]
