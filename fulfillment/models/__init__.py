"""Tables of the fulfillment app, one file per noun."""

from fulfillment.models.claim import Claim, ClaimEntry, ClaimLine, ClaimTerms
from fulfillment.models.exchange import Exchange
from fulfillment.models.fulfillment_order import FulfillmentOrder, FulfillmentOrderLine
from fulfillment.models.origin import OriginReturn
from fulfillment.models.parcel_lot import ParcelLot
from fulfillment.models.picked_lot import PickedLot
from fulfillment.models.return_policy import ReturnPolicy, ReturnReason
from fulfillment.models.returns import Return, ReturnLine
from fulfillment.models.shipment import Carrier, Parcel, ParcelLine, Shipment, TrackingEvent

__all__ = [
    "Carrier",
    "Claim",
    "ClaimEntry",
    "ClaimLine",
    "ClaimTerms",
    "Exchange",
    "FulfillmentOrder",
    "FulfillmentOrderLine",
    "OriginReturn",
    "Parcel",
    "ParcelLine",
    "ParcelLot",
    "PickedLot",
    "Return",
    "ReturnLine",
    "ReturnPolicy",
    "ReturnReason",
    "Shipment",
    "TrackingEvent",
]
