"""Fulfilment in the back office: work of the locations, shipments, returns, carriers."""

from fulfillment.admin.carrier import CarrierAdmin
from fulfillment.admin.claims import ClaimAdmin, ClaimTermsAdmin
from fulfillment.admin.origin import OriginReturnAdmin
from fulfillment.admin.return_terms import ReturnPolicyAdmin, ReturnReasonAdmin
from fulfillment.admin.returns import ReturnAdmin
from fulfillment.admin.shipment import ShipmentAdmin
from fulfillment.admin.work import FulfillmentOrderAdmin

__all__ = [
    "CarrierAdmin",
    "ClaimAdmin",
    "ClaimTermsAdmin",
    "FulfillmentOrderAdmin",
    "OriginReturnAdmin",
    "ReturnAdmin",
    "ReturnPolicyAdmin",
    "ReturnReasonAdmin",
    "ShipmentAdmin",
]
