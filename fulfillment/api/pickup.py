"""Store pickup: made ready, collected, or given up."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from fulfillment import operations
from fulfillment.api.base import shipments_of
from fulfillment.api.work import WorkView
from fulfillment.serializers import CollectionIn, FulfillmentOrderOut, ShipmentOut
from oms.api import actor
from oms.wire import decode, respond, schema_of


class ReadyView(WorkView):
    """Behind the counter."""

    @extend_schema(
        operation_id="fulfillment_orders_ready_create",
        request=None,
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Picked goods wait for their buyer, who is told."""
        operations.make_ready(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class CollectionView(WorkView):
    """Handed to the buyer."""

    @extend_schema(
        operation_id="fulfillment_orders_collection_create",
        request={"application/json": schema_of(CollectionIn)},
        responses={201: schema_of(ShipmentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """The buyer has the goods: stock is issued, the units count as shipped and delivered."""
        document = self.find(request, number)
        who = decode(request.body, CollectionIn).collected_by
        shipment = operations.collect(document, by=actor(request), collected_by=who)
        return respond(ShipmentOut.of(shipments_of(request).get(pk=shipment.pk)), 201)


class GivenUpView(WorkView):
    """Nobody came."""

    @extend_schema(
        operation_id="fulfillment_orders_giving_up_create",
        request=None,
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Goods that were not collected go back to stock; their units are cancelled."""
        operations.give_up(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)
