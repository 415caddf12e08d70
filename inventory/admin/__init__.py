"""Stock in the back office."""

from inventory.admin.location import LocationAdmin
from inventory.admin.product import ProductAdmin
from inventory.admin.stock import StockLevelAdmin, StockMovementAdmin

__all__ = ["LocationAdmin", "ProductAdmin", "StockLevelAdmin", "StockMovementAdmin"]
