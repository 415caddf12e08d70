"""The API of orders that companies place: approval, purchase order number."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import Invalid, decode, respond, schema_of
from orders import operations
from orders.api.orders import orders_of, shown
from orders.models import Order
from orders.queries.approvals import Seen
from orders.serializers.business import ApprovalIn, ApprovalOut, BuyerNumberIn
from orders.serializers.orders import OrderOut


class ApprovalView(IdempotencyMixin, APIView):
    """The answer of a company to what its buyer ordered."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_approval_create",
        request={"application/json": schema_of(ApprovalIn)},
        responses={201: schema_of(ApprovalOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Approve an order that is beyond its buyer's limit, decline it, or send it back as a draft.

        409 `nothing_to_approve` when it does not wait for an approval (any more), and
        `approval_outdated` when its total is not the one that was seen. Declining cancels the order
        with the reason; sending back cancels it too and opens a draft with its content.
        """
        order = get_object_or_404(orders_of(request), number=number)
        sent, by = decode(request.body, ApprovalIn), actor(request)
        if sent.decision == "approve":
            seen = None if sent.total is None else Seen(sent.total)
            order = operations.approve(order, by=by, note=sent.reason, seen=seen)
            return respond(_answer(order), 201)
        if not sent.reason:
            raise Invalid("Say why.", "/reason")
        if sent.decision == "decline":
            return respond(_answer(operations.decline(order, by=by, reason=sent.reason)), 201)
        document = operations.send_back(order, by=by, reason=sent.reason)
        order.refresh_from_db()
        return respond(_answer(order, document.number), 201)


class PurchaseOrderView(IdempotencyMixin, APIView):
    """The buyer's number of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_purchase_order_update",
        request={"application/json": schema_of(BuyerNumberIn)},
        responses={200: schema_of(OrderOut)},
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        """Give or correct the purchase order number; a hold that waits for it ends by itself."""
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode(request.body, BuyerNumberIn)
        operations.set_purchase_order_number(order, by=actor(request), number=sent.number)
        return respond(shown(request, number))


def _answer(order: Order, draft: str | None = None) -> ApprovalOut:
    return ApprovalOut(order.number, order.status, order.stage, draft)


urlpatterns = [
    path("orders/<str:number>/approval/", ApprovalView.as_view(), name="approval"),
    path("orders/<str:number>/purchase-order/", PurchaseOrderView.as_view(), name="purchase-order"),
]
