"""Returns: asked for, approved, received, closed."""

from collections import defaultdict
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
    at_position,
    order_quantities,
    returns_of,
    visible_order,
)
from fulfillment.models import Return
from fulfillment.serializers import (
    ReceiptIn,
    RefusalIn,
    ReturnIn,
    ReturnOut,
)
from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import decode, respond, schema_of


class ReturnFilter(filters.FilterSet):
    """Filters of the returns."""

    order = filters.CharFilter("order__number")

    class Meta:
        model = Return
        fields = ("status", "reference")


class ReturnListView(IdempotencyMixin, PagedView):
    """Goods that come back."""

    scope = "returns"
    queryset = Return.objects.none()
    filterset_class = ReturnFilter
    rows = staticmethod(returns_of)
    shape = ReturnOut

    @extend_schema(operation_id="returns_list", responses={200: schema_of(ReturnOut)})
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(request)

    @extend_schema(
        operation_id="returns_create",
        request={"application/json": schema_of(ReturnIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask to send units back; a repeat with the same reference gives the same return."""
        sent = decode(request.body, ReturnIn)
        order = visible_order(request, sent.order)
        made = operations.request_return(
            order,
            by=actor(request),
            quantities=order_quantities(order, sent.lines),
            reason=sent.reason,
            reference=sent.reference,
            note=sent.note,
        )
        return respond(ReturnOut.of(returns_of(request).get(pk=made.pk)), 201)


class ReturnView(IdempotencyMixin, APIView):
    """Base of the views of one return."""

    scope = "returns"
    permission_classes: ClassVar = [HasScope]

    def find(self, request: Request, number: str) -> Return:
        """The return, if this key may see it."""
        return get_object_or_404(returns_of(request), number=number)

    def show(self, request: Request, number: str, status: int = 200) -> HttpResponse:
        """The return as it is now."""
        return respond(ReturnOut.of(self.find(request, number)), status)


class ReturnDetailView(ReturnView):
    """One return."""

    @extend_schema(operation_id="returns_retrieve", responses={200: schema_of(ReturnOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The return with its lines and allowed actions."""
        return self.show(request, number)


class ApprovalView(ReturnView):
    """Approving."""

    @extend_schema(
        operation_id="returns_approval_create", request=None, responses={201: schema_of(ReturnOut)}
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Let the buyer send the goods."""
        operations.approve(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class RefusalView(ReturnView):
    """Declining."""

    @extend_schema(
        operation_id="returns_refusal_create",
        request={"application/json": schema_of(RefusalIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Decline the return, with a reason."""
        sent = decode(request.body, RefusalIn)
        operations.decline(self.find(request, number), by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class ReceiptView(ReturnView):
    """Receiving."""

    @extend_schema(
        operation_id="returns_receipt_create",
        request={"application/json": schema_of(ReceiptIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Give received units their outcome; they are stocked and credited accordingly."""
        document = self.find(request, number)
        positions = {line.order_line.position: line for line in document.lines.all()}
        outcomes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        named: dict[tuple[int, str], list[tuple[str, int]]] = defaultdict(list)
        for index, row in enumerate(decode(request.body, ReceiptIn).lines):
            line = at_position(positions, row.line, f"/lines/{index}/line")
            outcomes[line.pk][row.outcome] += row.quantity
            if row.lot:
                named[line.pk, row.outcome].append((row.lot, row.quantity))
        operations.receive(document, by=actor(request), outcomes=outcomes, named=named)
        return self.show(request, number, 201)


class ClosureView(ReturnView):
    """Closing."""

    @extend_schema(
        operation_id="returns_closure_create", request=None, responses={201: schema_of(ReturnOut)}
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """End a received return."""
        operations.close(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)
