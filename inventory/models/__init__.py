"""Tables of the inventory app, one file per noun."""

from inventory.models.count import Count, CountEntry, CountLine, CountPolicy, CountSchedule
from inventory.models.expected import ExpectedSupply
from inventory.models.location import Location
from inventory.models.product import Product
from inventory.models.reason import ReasonCode
from inventory.models.snapshot import StockSnapshot
from inventory.models.soft import SoftReservation
from inventory.models.stock import Reservation, StockLevel, StockMovement

__all__ = [
    "Count",
    "CountEntry",
    "CountLine",
    "CountPolicy",
    "CountSchedule",
    "ExpectedSupply",
    "Location",
    "Product",
    "ReasonCode",
    "Reservation",
    "SoftReservation",
    "StockLevel",
    "StockMovement",
    "StockSnapshot",
]
