"""Questions about fulfilment, one file per noun."""

from fulfillment.queries.actions import allowed_actions, allowed_return_actions
from fulfillment.queries.carriers import carriers
from fulfillment.queries.collecting import handed_over, orders_by_tracking
from fulfillment.queries.ledger import invariants
from fulfillment.queries.picked import lots_to_pick, picked_lots, picked_units
from fulfillment.queries.policies import return_by_id
from fulfillment.queries.shipments import units_of

__all__ = [
    "allowed_actions",
    "allowed_return_actions",
    "carriers",
    "handed_over",
    "invariants",
    "lots_to_pick",
    "orders_by_tracking",
    "picked_lots",
    "picked_units",
    "return_by_id",
    "units_of",
]
