"""Questions about stock, one file per noun."""

from inventory.queries.levels import Availability, availability, open_reservations
from inventory.queries.ledger import invariants
from inventory.queries.places import Destination, distance_km
from inventory.queries.sourcing import Demand, Request, Supply, source, supply_of

__all__ = [
    "Availability",
    "Demand",
    "Destination",
    "Request",
    "Supply",
    "availability",
    "distance_km",
    "invariants",
    "open_reservations",
    "source",
    "supply_of",
]
