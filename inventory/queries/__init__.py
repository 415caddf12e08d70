"""Questions about stock, one file per noun."""

from inventory.queries.counts import Accuracy, accuracy, location_accuracy
from inventory.queries.ledger import invariants
from inventory.queries.levels import Availability, availability, open_reservations, unreserved
from inventory.queries.pages import location_codes, product_ids
from inventory.queries.places import Destination, distance_km
from inventory.queries.products import products_by_sku
from inventory.queries.sourcing import Allotment, Demand, Request, Supply, source, supply_of

__all__ = [
    "Accuracy",
    "Allotment",
    "Availability",
    "Demand",
    "Destination",
    "Request",
    "Supply",
    "accuracy",
    "availability",
    "distance_km",
    "invariants",
    "location_accuracy",
    "location_codes",
    "open_reservations",
    "product_ids",
    "products_by_sku",
    "source",
    "supply_of",
    "unreserved",
]
