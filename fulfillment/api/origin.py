"""Shipments that come back undelivered, and what is decided about them."""

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request

from fulfillment import operations
from fulfillment.api.shipments import ShipmentView
from fulfillment.models import OriginReturn
from fulfillment.serializers import OriginDecisionIn, OriginIn, ShipmentOut
from oms import keys
from oms.api import actor
from oms.models import ApiKey
from oms.wire import decode, schema_of


class OriginView(ShipmentView):
    """Return to origin."""

    @extend_schema(
        operation_id="shipments_return_to_origin_create",
        request={"application/json": schema_of(OriginIn)},
        responses={201: schema_of(ShipmentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """The carrier brings it back: its units are waited for by a return, cash is called off."""
        shipment, sent = self.find(request, number), decode(request.body, OriginIn)
        operations.bring_back(
            shipment, by=actor(request), reason=sent.reason, note=sent.note, at=sent.at
        )
        return self.show(request, number, 201)


class OriginDecisionView(ShipmentView):
    """The decision."""

    @extend_schema(
        operation_id="shipments_origin_decision_create",
        request={"application/json": schema_of(OriginDecisionIn)},
        responses={201: schema_of(ShipmentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Keep it, send it once more, or grant a refund; the last two need `orders:write` as well."""
        shipment, sent = self.find(request, number), decode(request.body, OriginDecisionIn)
        key = request.auth
        gives = sent.decision != "hold" and isinstance(key, ApiKey)
        if gives and not keys.allows(key, "orders", write=True):
            raise PermissionDenied
        row = OriginReturn.objects.select_related("order").filter(shipment=shipment).first()
        if row is None:
            msg = f"{number} did not come back."
            raise NotFound(msg)
        _decide(row, sent, by=actor(request))
        return self.show(request, number, 201)


def _decide(row: OriginReturn, sent: OriginDecisionIn, *, by: str) -> None:
    if sent.decision == "reship":
        where = sent.shipping_address
        address = None if where is None else msgspec.to_builtins(where)
        operations.reship(row, by=by, reason=sent.reason, shipping_address=address)
    elif sent.decision == "refund":
        operations.refund_origin(row, by=by, reason=sent.reason)
    else:
        operations.keep_for_later(row, by=by, reason=sent.reason)
