"""Transfers: requested, shipped, received, settled, cancelled."""

from collections import defaultdict
from collections.abc import Iterable

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
    products_of,
    rate_of,
)
from inventory.models import Transfer
from inventory.serializers.supply import (
    GoodsDeliveryIn,
    GoodsReceiptOut,
    SettlementIn,
    TransferCancellationIn,
    TransferIn,
    TransferLineIn,
    TransferOut,
    TransferShipmentIn,
)
from oms.api import actor
from oms.filters import Code, FilterSet
from oms.wire import Invalid, decode, respond, schema_of

SHOWN = {201: schema_of(TransferOut)}


def transfers() -> QuerySet[Transfer]:
    """Transfers with what their message needs."""
    rows = Transfer.objects.select_related("source", "destination")
    return rows.prefetch_related("lines__product", "receipts")


class TransferFilter(FilterSet):
    """Filters of the transfers."""

    source = Code("source__code")
    destination = Code("destination__code")

    class Meta:
        model = Transfer
        fields = ("status", "reference")


class TransfersView(PagedView):
    """Stock between locations."""

    scope = "stock"
    queryset = Transfer.objects.none()
    filterset_class = TransferFilter
    shape = TransferOut

    @extend_schema(operation_id="transfers_list", responses={200: schema_of(TransferOut)})
    def get(self, _request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(transfers())

    @extend_schema(
        operation_id="transfers_create",
        request={"application/json": schema_of(TransferIn)},
        responses=SHOWN,
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for units; a repeat with the same reference gives the same transfer."""
        sent = decode(request.body, TransferIn)
        made = operations.request_transfer(
            location_of(sent.source),
            location_of(sent.destination),
            _quantities(sent.lines),
            by=actor(request),
            plan=operations.Plan(
                sent.reference, sent.expected_on, sent.note, rate_of(sent.exchange_rate)
            ),
        )
        return respond(TransferOut.of(transfers().get(pk=made.pk)), 201)


class TransferView(DocumentView):
    """One transfer."""

    scope = "stock"
    queryset = Transfer.objects.none()
    shape = TransferOut

    def rows(self) -> QuerySet[Transfer]:
        """Every transfer."""
        return transfers()


class TransferDetailView(TransferView):
    """One transfer."""

    @extend_schema(operation_id="transfers_retrieve", responses={200: schema_of(TransferOut)})
    def get(self, _request: Request, number: str) -> HttpResponse:
        """The transfer, and where each of its units is."""
        return self.show(number)


class TransferShipmentView(TransferView):
    """Shipping."""

    @extend_schema(
        operation_id="transfers_shipment_create",
        request={"application/json": schema_of(TransferShipmentIn)},
        responses=SHOWN,
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Send it off: all of it, or what the lines say."""
        sent = decode(body_of(request), TransferShipmentIn)
        transfer = self.find(number)
        quantities = _of_lines(transfer, sent.lines) if sent.lines else None
        operations.ship_transfer(transfer, by=actor(request), quantities=quantities)
        return self.show(number, 201)


class TransferReceiptsView(TransferView):
    """Receiving."""

    @extend_schema(
        operation_id="transfers_receipts_create",
        request={"application/json": schema_of(GoodsDeliveryIn)},
        responses={201: schema_of(GoodsReceiptOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take in what came; a repeat of its reference gives the same receipt."""
        delivery = delivery_of(decode(request.body, GoodsDeliveryIn))
        made = operations.receive_transfer(self.find(number), delivery, by=actor(request))
        return respond(GoodsReceiptOut.of(made), 201)


class SettlementView(TransferView):
    """Explaining what did not come."""

    @extend_schema(
        operation_id="transfers_settlement_create",
        request={"application/json": schema_of(SettlementIn)},
        responses=SHOWN,
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """End the transfer: missing units go back to the source or are written off."""
        sent = _settlement(decode(request.body, SettlementIn))
        operations.settle_transfer(self.find(number), sent, by=actor(request))
        return self.show(number, 201)


class TransferCancellationView(TransferView):
    """Cancelling."""

    @extend_schema(
        operation_id="transfers_cancellation_create",
        request={"application/json": schema_of(TransferCancellationIn)},
        responses=SHOWN,
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Call it off; units on their way need a settlement."""
        sent = decode(body_of(request), TransferCancellationIn)
        operations.cancel_transfer(
            self.find(number),
            by=actor(request),
            reason=sent.reason,
            settlement=_settlement(sent.settlement) if sent.settlement else None,
        )
        return self.show(number, 201)


def _settlement(sent: SettlementIn) -> operations.Settlement:
    return operations.Settlement(sent.outcome, sent.reason, sent.note)


def _quantities(lines: Iterable[TransferLineIn]) -> dict[int, int]:
    lines = list(lines)
    products = products_of(line.sku for line in lines)
    quantities: dict[int, int] = defaultdict(int)
    for line in lines:
        quantities[products[line.sku]] += line.quantity
    return dict(quantities)


def _of_lines(transfer: Transfer, lines: Iterable[TransferLineIn]) -> dict[int, int]:
    """Quantities by line id. Raises Invalid for a product that is not on the transfer."""
    known = {line.product.sku: line.pk for line in transfer.lines.all()}
    quantities: dict[int, int] = defaultdict(int)
    for index, line in enumerate(lines):
        if line.sku not in known:
            raise Invalid(f"{line.sku} is not on this transfer.", f"/lines/{index}/sku")
        quantities[known[line.sku]] += line.quantity
    return dict(quantities)
