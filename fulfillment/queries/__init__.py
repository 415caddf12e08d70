"""Questions about fulfilment, one file per noun."""

from fulfillment.queries.actions import allowed_actions, allowed_return_actions
from fulfillment.queries.carriers import (
    carrier_services,
    carriers,
    tracking_looks_odd,
    usual_carrier,
)
from fulfillment.queries.claims import allowed_claim_actions, claimable_shipments
from fulfillment.queries.collecting import handed_over, orders_by_tracking
from fulfillment.queries.documents import documents_of
from fulfillment.queries.ledger import invariants
from fulfillment.queries.parcel_lots import (
    lots_of_lines,
    lots_to_pack,
    parcels_of_lot,
    parcels_with_code,
)
from fulfillment.queries.picked import lots_to_pick, picked_lots, picked_units
from fulfillment.queries.policies import return_by_id
from fulfillment.queries.shipments import units_of

__all__ = [
    "allowed_actions",
    "allowed_claim_actions",
    "allowed_return_actions",
    "carrier_services",
    "carriers",
    "claimable_shipments",
    "documents_of",
    "handed_over",
    "invariants",
    "lots_of_lines",
    "lots_to_pack",
    "lots_to_pick",
    "orders_by_tracking",
    "parcels_of_lot",
    "parcels_with_code",
    "picked_lots",
    "picked_units",
    "return_by_id",
    "tracking_looks_odd",
    "units_of",
    "usual_carrier",
]
