"""Suppliers and purchase orders, from draft to their end."""

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from inventory import operations
from inventory.api.supply import (
    DocumentView,
    PagedView,
    body_of,
    delivery_of,
    location_of,
    price_of,
    products_of,
    rate_of,
    supplier_of,
)
from inventory.models import PurchaseOrder, Supplier
from inventory.serializers.supply import (
    GoodsDeliveryIn,
    GoodsReceiptOut,
    PurchaseConfirmationIn,
    PurchaseOrderIn,
    PurchaseOrderOut,
    SupplierOut,
    SupplyReasonIn,
)
from oms.api import actor
from oms.filters import Code, FilterSet
from oms.wire import decode, respond, schema_of

SHOWN = {201: schema_of(PurchaseOrderOut)}


def orders() -> QuerySet[PurchaseOrder]:
    """Purchase orders with what their message needs."""
    rows = PurchaseOrder.objects.select_related("supplier", "location")
    return rows.prefetch_related("lines__product", "receipts")


class SuppliersView(PagedView):
    """Who sells to us."""

    scope = "purchasing"
    queryset = Supplier.objects.none()
    shape = SupplierOut

    @extend_schema(operation_id="suppliers_list", responses={200: schema_of(SupplierOut)})
    def get(self, _request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(Supplier.objects.all())


class PurchaseOrderFilter(FilterSet):
    """Filters of the purchase orders."""

    supplier = Code("supplier__code")
    location = Code("location__code")

    class Meta:
        model = PurchaseOrder
        fields = ("status", "reference")


class PurchaseOrdersView(PagedView):
    """What is ordered from suppliers."""

    scope = "purchasing"
    queryset = PurchaseOrder.objects.none()
    filterset_class = PurchaseOrderFilter
    shape = PurchaseOrderOut

    @extend_schema(
        operation_id="purchase_orders_list", responses={200: schema_of(PurchaseOrderOut)}
    )
    def get(self, _request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(orders())

    @extend_schema(
        operation_id="purchase_orders_create",
        request={"application/json": schema_of(PurchaseOrderIn)},
        responses=SHOWN,
    )
    def post(self, request: Request) -> HttpResponse:
        """Write a draft; the supplier counts as knowing of it once it is sent."""
        sent = decode(request.body, PurchaseOrderIn)
        products = products_of(line.sku for line in sent.lines)
        wanted = [
            operations.Wanted(
                products[row.sku],
                row.quantity,
                price_of(row.unit_price, f"/lines/{index}/unit_price"),
                row.expected_on,
            )
            for index, row in enumerate(sent.lines)
        ]
        terms = operations.Terms(
            sent.currency or "", rate_of(sent.exchange_rate), sent.expected_on, sent.note
        )
        made = operations.draft_purchase_order(
            supplier_of(sent.supplier),
            location_of(sent.location),
            wanted,
            by=actor(request),
            terms=terms,
        )
        return respond(PurchaseOrderOut.of(orders().get(pk=made.pk)), 201)


class PurchaseOrderView(DocumentView):
    """One purchase order."""

    scope = "purchasing"
    queryset = PurchaseOrder.objects.none()
    shape = PurchaseOrderOut

    def rows(self) -> QuerySet[PurchaseOrder]:
        """Every purchase order."""
        return orders()


class PurchaseOrderDetailView(PurchaseOrderView):
    """One purchase order."""

    @extend_schema(
        operation_id="purchase_orders_retrieve", responses={200: schema_of(PurchaseOrderOut)}
    )
    def get(self, _request: Request, number: str) -> HttpResponse:
        """The order with what has come of each line."""
        return self.show(number)


class SendingView(PurchaseOrderView):
    """Sending."""

    @extend_schema(operation_id="purchase_orders_sending_create", request=None, responses=SHOWN)
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take the order as given to the supplier: its units are expected from now on."""
        operations.send_purchase_order(self.find(number), by=actor(request))
        return self.show(number, 201)


class ConfirmationView(PurchaseOrderView):
    """Confirming."""

    @extend_schema(
        operation_id="purchase_orders_confirmation_create",
        request={"application/json": schema_of(PurchaseConfirmationIn)},
        responses=SHOWN,
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Note the supplier's own number and days."""
        sent = decode(request.body, PurchaseConfirmationIn)
        operations.confirm_purchase_order(
            self.find(number),
            by=actor(request),
            reference=sent.reference,
            expected_on=sent.expected_on,
            days={row.line: row.expected_on for row in sent.lines},
        )
        return self.show(number, 201)


class PurchaseReceiptsView(PurchaseOrderView):
    """Receiving."""

    @extend_schema(
        operation_id="purchase_orders_receipts_create",
        request={"application/json": schema_of(GoodsDeliveryIn)},
        responses={201: schema_of(GoodsReceiptOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take in a delivery; a repeat of its reference gives the same receipt."""
        delivery = delivery_of(decode(request.body, GoodsDeliveryIn))
        made = operations.receive_purchase_order(self.find(number), delivery, by=actor(request))
        return respond(GoodsReceiptOut.of(made), 201)


class PurchaseClosureView(PurchaseOrderView):
    """Closing."""

    @extend_schema(
        operation_id="purchase_orders_closure_create",
        request={"application/json": schema_of(SupplyReasonIn)},
        responses=SHOWN,
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Expect no more of it."""
        sent = decode(body_of(request), SupplyReasonIn)
        operations.close_purchase_order(self.find(number), by=actor(request), reason=sent.reason)
        return self.show(number, 201)


class PurchaseCancellationView(PurchaseOrderView):
    """Cancelling."""

    @extend_schema(
        operation_id="purchase_orders_cancellation_create",
        request={"application/json": schema_of(SupplyReasonIn)},
        responses=SHOWN,
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Withdraw it before anything came."""
        sent = decode(body_of(request), SupplyReasonIn)
        operations.cancel_purchase_order(self.find(number), by=actor(request), reason=sent.reason)
        return self.show(number, 201)
