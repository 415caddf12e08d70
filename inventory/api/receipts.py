"""Receipts: what came in, whichever document announced it."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from inventory import operations
from inventory.api.supply import (
    DocumentView,
    PagedView,
    delivery_of,
    location_of,
    supplier_of,
)
from inventory.models import GoodsReceipt
from inventory.serializers.supply import (
    GoodsReceiptIn,
    GoodsReceiptOut,
    LandedCostIn,
    ReceiptReversalIn,
)
from oms.api import actor
from oms.filters import Code, FilterSet
from oms.wire import decode, respond, schema_of


def receipts() -> QuerySet[GoodsReceipt]:
    """Receipts with what their message needs."""
    rows = GoodsReceipt.objects.select_related("location", "supplier", "purchase_order", "transfer")
    return rows.prefetch_related("lines__product", "lines__lot", "landed_costs")


class ReceiptFilter(FilterSet):
    """Filters of the receipts."""

    location = Code("location__code")
    purchase_order = filters.CharFilter("purchase_order__number")
    transfer = filters.CharFilter("transfer__number")

    class Meta:
        model = GoodsReceipt
        fields = ("reference",)


class ReceiptsView(PagedView):
    """What came in."""

    scope = "stock"
    queryset = GoodsReceipt.objects.none()
    filterset_class = ReceiptFilter
    shape = GoodsReceiptOut

    @extend_schema(operation_id="receipts_list", responses={200: schema_of(GoodsReceiptOut)})
    def get(self, _request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(receipts())

    @extend_schema(
        operation_id="receipts_create",
        request={"application/json": schema_of(GoodsReceiptIn)},
        responses={201: schema_of(GoodsReceiptOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Take in goods that no document announced."""
        sent = decode(request.body, GoodsReceiptIn)
        made = operations.receive_blind(
            location_of(sent.location),
            delivery_of(sent),
            by=actor(request),
            supplier=supplier_of(sent.supplier) if sent.supplier else None,
        )
        return respond(GoodsReceiptOut.of(made), 201)


class ReceiptView(DocumentView):
    """One receipt."""

    scope = "stock"
    queryset = GoodsReceipt.objects.none()
    shape = GoodsReceiptOut

    def rows(self) -> QuerySet[GoodsReceipt]:
        """Every receipt."""
        return receipts()


class ReceiptDetailView(ReceiptView):
    """One receipt."""

    @extend_schema(operation_id="receipts_retrieve", responses={200: schema_of(GoodsReceiptOut)})
    def get(self, _request: Request, number: str) -> HttpResponse:
        """The receipt with its lines and landed costs."""
        return self.show(number)


class ReversalView(ReceiptView):
    """Taking a receipt back."""

    @extend_schema(
        operation_id="receipts_reversal_create",
        request={"application/json": schema_of(ReceiptReversalIn)},
        responses={201: schema_of(GoodsReceiptOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Undo a receipt that was booked by mistake: its units are taken off again.

        409 `receipt_units_gone` says how many are still free.
        """
        sent = decode(request.body, ReceiptReversalIn)
        why = operations.Why(sent.reason_code, sent.reason)
        operations.undo_receipt(self.find(number), by=actor(request), why=why)
        return self.show(number, 201)


class LandedCostsView(ReceiptView):
    """Landed costs."""

    @extend_schema(
        operation_id="receipts_landed_costs_create",
        request={"application/json": schema_of(LandedCostIn)},
        responses={201: schema_of(GoodsReceiptOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Spread a cost over the units; a repeat of the same invoice counts once."""
        sent = decode(request.body, LandedCostIn)
        landed = operations.Landed(sent.kind, sent.amount, sent.spread_by, sent.reference)
        operations.add_landed_cost(self.find(number), landed, by=actor(request))
        return self.show(number, 201)
