"""The orders API: each cent of an order."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope
from oms.wire import respond, schema_of
from orders.api.orders import orders_of
from orders.queries.statement import statement_of
from orders.serializers.statement import StatementOut


class LedgerView(APIView):
    """The statement of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(operation_id="orders_ledger_retrieve", responses={200: schema_of(StatementOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """Every charge and payment, oldest first, with who, when and why.

        The charges add up to what is due, the payments to what was paid, and the balance is their
        difference. A refund that is granted moves nothing until it is paid.
        """
        order = get_object_or_404(orders_of(request), number=number)
        return respond(StatementOut.of(order, statement_of(order)))


urlpatterns = [path("orders/<str:number>/ledger/", LedgerView.as_view(), name="order-ledger")]
