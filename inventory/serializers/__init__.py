"""Messages of the stock API, one file per noun."""

from inventory.serializers.locations import LocationSerializer
from inventory.serializers.products import ProductIn, ProductSerializer
from inventory.serializers.stock import AvailabilityOut, StockMovementIn, StockMovementOut

__all__ = [
    "AvailabilityOut",
    "LocationSerializer",
    "ProductIn",
    "ProductSerializer",
    "StockMovementIn",
    "StockMovementOut",
]
