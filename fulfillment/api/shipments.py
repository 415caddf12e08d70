"""Shipments and their tracking."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from fulfillment import operations
from fulfillment.api.base import PagedView, shipments_of
from fulfillment.models import Shipment
from fulfillment.serializers import (
    DeliveryIn,
    ShipmentOut,
    TrackingIn,
)
from oms.api import HasScope, IdempotencyMixin, actor
from oms.filters import FilterSet
from oms.wire import decode, respond, schema_of


class ShipmentFilter(FilterSet):
    """Filters of the shipments."""

    order = filters.CharFilter("order__number")
    lot = filters.CharFilter("parcels__lines__lots__lot__code", distinct=True)

    class Meta:
        model = Shipment
        fields = ("status", "tracking_number")


class ShipmentListView(PagedView):
    """What has left."""

    scope = "shipments"
    queryset = Shipment.objects.none()
    filterset_class = ShipmentFilter
    rows = staticmethod(shipments_of)
    shape = ShipmentOut

    @extend_schema(operation_id="shipments_list", responses={200: schema_of(ShipmentOut)})
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(request)


class ShipmentView(IdempotencyMixin, APIView):
    """One shipment."""

    scope = "shipments"
    permission_classes: ClassVar = [HasScope]

    def find(self, request: Request, number: str) -> Shipment:
        """The shipment, if this key may see it."""
        return get_object_or_404(shipments_of(request), number=number)

    def show(self, request: Request, number: str, status: int = 200) -> HttpResponse:
        """The shipment as it is now."""
        return respond(ShipmentOut.of(self.find(request, number)), status)


class ShipmentDetailView(ShipmentView):
    """One shipment."""

    @extend_schema(operation_id="shipments_retrieve", responses={200: schema_of(ShipmentOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The shipment with its parcels and everything said about it."""
        return self.show(request, number)


class TrackingView(ShipmentView):
    """Tracking."""

    @extend_schema(
        operation_id="shipments_tracking_events_create",
        request={"application/json": schema_of(TrackingIn)},
        responses={201: schema_of(ShipmentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Note what a carrier says; a shipment never runs backwards."""
        shipment = self.find(request, number)
        sent = decode(request.body, TrackingIn)
        operations.track(
            shipment,
            by=actor(request),
            status=sent.status,
            at=sent.at,
            code=sent.code,
            place=sent.place,
        )
        return self.show(request, number, 201)


class DeliveryView(ShipmentView):
    """Delivery."""

    @extend_schema(
        operation_id="shipments_delivery_create",
        request={"application/json": schema_of(DeliveryIn)},
        responses={201: schema_of(ShipmentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take the shipment as received by the buyer."""
        shipment = self.find(request, number)
        sent = decode(request.body or b"{}", DeliveryIn)
        operations.deliver(shipment, by=actor(request), at=sent.at)
        return self.show(request, number, 201)
