"""Who collected what, for those who may read names."""

from customers import queries as customers
from fulfillment.models import FulfillmentOrder, Shipment

CARRIER = "pickup"  # code of the carrier that is none: the buyer
CONTEXT = "fulfillment.fulfillmentorder.collector"


def collector_of(document: FulfillmentOrder) -> str:
    """The name of who collected; empty before that and once the buyer is erased."""
    if document.collector is None:
        return ""
    opened = customers.unseal(document.order.subject, document.collector, CONTEXT)
    return str(opened.get("name", ""))


def is_collected(shipment: Shipment) -> bool:
    """Whether the buyer came for it; nothing is on its way then. Wants its carrier selected."""
    return shipment.carrier.code == CARRIER
