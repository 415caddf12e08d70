"""The orders API: from where an order is served, and why."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from inventory.queries.decisions import explained
from oms.api import HasScope, refuse_without
from oms.wire import respond, schema_of
from orders.api.orders import orders_of
from orders.models import Order
from orders.serializers.sourcing import SourcingDecisionOut


class SourcingView(GenericAPIView):
    """Sourcing decisions of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = Order.objects.none()
    pagination_class = None

    @extend_schema(
        operation_id="orders_sourcing_list",
        responses={200: {"type": "array", "items": schema_of(SourcingDecisionOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The newest ten decisions, the newest first: which locations serve, and why no other does.

        Reasons tell what other locations have and what sending from them costs: needs `stock:read`
        as well.
        """
        refuse_without(request, "stock", write=False)
        order = get_object_or_404(orders_of(request), number=number)
        return respond([SourcingDecisionOut.of(row) for row in explained(order.pk)])
