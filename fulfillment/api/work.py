"""The work of locations: accept, reject, pick, pack, ship, recall."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from fulfillment import operations
from fulfillment.api.base import (
    PagedView,
    line_lots,
    line_quantities,
    parcel_lots,
    shipments_of,
    visible_order,
    work_of,
)
from fulfillment.models import FulfillmentOrder
from fulfillment.serializers import (
    FulfillmentOrderOut,
    HandoverIn,
    OrderRecallIn,
    ParcelsIn,
    PicksIn,
    RecallIn,
    RejectionIn,
    ShipmentOut,
)
from oms.api import HasScope, IdempotencyMixin, actor, reads
from oms.filters import Code, FilterSet
from oms.money import plain
from oms.wire import decode, respond, schema_of
from orders.operations import as_seen
from orders.serializers import PreviewOut


class WorkFilter(FilterSet):
    """Filters of the fulfilment orders."""

    location = Code("location__code")
    order = filters.CharFilter("order__number")

    class Meta:
        model = FulfillmentOrder
        fields = ("status",)


class WorkListView(PagedView):
    """Work of the locations."""

    scope = "fulfillment"
    queryset = FulfillmentOrder.objects.none()
    filterset_class = WorkFilter
    rows = staticmethod(work_of)
    shape = FulfillmentOrderOut

    @extend_schema(
        operation_id="fulfillment_orders_list", responses={200: schema_of(FulfillmentOrderOut)}
    )
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(request)


class WorkView(IdempotencyMixin, APIView):
    """Base of the views of one fulfilment order: find it, act, show it as it is now."""

    scope = "fulfillment"
    permission_classes: ClassVar = [HasScope]

    def find(self, request: Request, number: str) -> FulfillmentOrder:
        """The fulfilment order, if this key may see it."""
        return get_object_or_404(work_of(request), number=number)

    def show(self, request: Request, number: str, status: int = 200) -> HttpResponse:
        """The fulfilment order as it is now."""
        return respond(FulfillmentOrderOut.of(self.find(request, number)), status)


class WorkDetailView(WorkView):
    """One fulfilment order."""

    @extend_schema(
        operation_id="fulfillment_orders_retrieve", responses={200: schema_of(FulfillmentOrderOut)}
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The work with its lines and allowed actions."""
        return self.show(request, number)


class AcceptanceView(WorkView):
    """Taking work on."""

    @extend_schema(
        operation_id="fulfillment_orders_acceptance_create",
        request=None,
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Accept the work."""
        operations.accept(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class RejectionView(WorkView):
    """Turning work down."""

    @extend_schema(
        operation_id="fulfillment_orders_rejection_create",
        request={"application/json": schema_of(RejectionIn)},
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Reject units with a reason that corrects stock; they are routed again."""
        document = self.find(request, number)
        sent = decode(request.body, RejectionIn)
        operations.reject(
            document,
            by=actor(request),
            reason=sent.reason,
            note=sent.note,
            quantities=line_quantities(document, sent.lines) or None,
        )
        return self.show(request, number, 201)


class PicksView(WorkView):
    """Picking."""

    @extend_schema(
        operation_id="fulfillment_orders_picks_create",
        request={"application/json": schema_of(PicksIn)},
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take units as picked; all that are left when none are named."""
        document = self.find(request, number)
        sent = decode(request.body or b"{}", PicksIn)
        quantities = line_quantities(document, sent.lines) or None
        operations.pick(
            document,
            by=actor(request),
            quantities=quantities,
            named=line_lots(document, sent.lines),
        )
        return self.show(request, number, 201)


class ParcelsView(WorkView):
    """Packing."""

    @extend_schema(
        operation_id="fulfillment_orders_parcels_create",
        request={"application/json": schema_of(ParcelsIn)},
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Put picked units into parcels with a weight; of tracked products by lot."""
        document = self.find(request, number)
        parcels = [
            operations.PackedParcel(
                parcel.weight_g,
                line_quantities(document, parcel.lines),
                parcel.length_mm,
                parcel.width_mm,
                parcel.height_mm,
                line_lots(document, parcel.lines),
            )
            for parcel in decode(request.body, ParcelsIn).parcels
        ]
        operations.pack(document, by=actor(request), parcels=parcels)
        return self.show(request, number, 201)


class HandoverView(WorkView):
    """Shipping."""

    @extend_schema(
        operation_id="fulfillment_orders_shipments_create",
        request={"application/json": schema_of(HandoverIn)},
        responses={201: schema_of(ShipmentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Hand every packed parcel to a carrier."""
        document = self.find(request, number)
        sent = decode(request.body, HandoverIn)
        shipment = operations.ship(
            document,
            by=actor(request),
            carrier=sent.carrier,
            tracking_number=sent.tracking_number,
            service=sent.service,
            named=parcel_lots(document, sent.lots),
        )
        return respond(ShipmentOut.of(shipments_of(request).get(pk=shipment.pk)), 201)


class RecallView(WorkView):
    """Taking work back."""

    @extend_schema(
        operation_id="fulfillment_orders_recall_create",
        request={"application/json": schema_of(RecallIn)},
        responses={201: schema_of(FulfillmentOrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Recall what has not left; its stock is free again."""
        sent = decode(request.body, RecallIn)
        operations.recall(self.find(request, number), by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class OrderRecallView(IdempotencyMixin, APIView):
    """Cancelling an order that locations work on."""

    scope = "fulfillment"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_recall_create",
        request={"application/json": schema_of(OrderRecallIn)},
        responses={
            200: schema_of(PreviewOut),
            201: {
                "type": "object",
                "required": ["order", "status", "amount"],
                "properties": {
                    "order": {"type": "string"},
                    "status": {"type": "string"},
                    "amount": {"type": "string"},
                },
            },
        },
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Recall all work that has not left, then cancel every unit that has not shipped.

        The order is cancelled by it. 200 with what would come of it for a `dry_run`.
        """
        order = visible_order(request, number)
        sent = decode(request.body, OrderRecallIn)
        asked = {"by": actor(request), "reason": sent.reason, "note": sent.note}
        if sent.dry_run:
            seen = operations.preview_cancel_order(order, **asked)
            return respond(PreviewOut.of(seen, order.currency, reads=reads(request, "orders")))
        done = as_seen(order, lambda: operations.cancel_order(order, **asked), seen=sent.seen)
        order.refresh_from_db()
        amount = plain(done.amount, order.currency)
        return respond({"order": number, "status": order.status, "amount": amount}, 201)
