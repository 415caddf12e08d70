"""Stock in the back office."""

from inventory.admin.counts import CountAdmin, CountPolicyAdmin, CountScheduleAdmin
from inventory.admin.location import LocationAdmin
from inventory.admin.product import ProductAdmin
from inventory.admin.soft import SoftReservationAdmin
from inventory.admin.stock import StockLevelAdmin, StockMovementAdmin

__all__ = [
    "CountAdmin",
    "CountPolicyAdmin",
    "CountScheduleAdmin",
    "LocationAdmin",
    "ProductAdmin",
    "SoftReservationAdmin",
    "StockLevelAdmin",
    "StockMovementAdmin",
]
