"""The API of prices: what something costs a buyer and why, and the rows of a price list."""

from typing import TYPE_CHECKING, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from customers import queries as customers
from inventory import queries as stock
from oms.api import HasScope, IdempotencyMixin, OfAllChannels, actor, visible_channels
from oms.errors import InvalidInput
from oms.wire import Invalid, decode, respond, respond_nothing, schema_of
from orders import operations
from orders.api.orders import CHANNEL, channel_of
from orders.models import Channel, PriceList
from orders.operations import PriceRow
from orders.queries.prices import price_book
from orders.serializers.prices import (
    ListPricesIn,
    PriceListIn,
    PriceListOut,
    PriceOut,
    PriceReportOut,
    PricesIn,
    PricesOut,
)

if TYPE_CHECKING:
    from customers.models import Customer

BY_API = "removed by another system"
MOST_UNITS = 1_000_000_000


def buyer_of(request: Request, number: str) -> "Customer | None":
    """The customer about whom the caller asks: a channel's key about its own buyers alone.

    None without a number. Raises Invalid for a number that says the caller nothing.
    """
    if not number:
        return None
    found = None if "\0" in number else customers.customer_by_number(number)
    if found is None or not customers.is_theirs(found, visible_channels(request)):
        raise Invalid("There is no such customer.", "/customer")
    return found


class PricesView(APIView):
    """What products cost a buyer."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="prices_create",
        parameters=[CHANNEL],
        request={"application/json": schema_of(PricesIn)},
        responses={200: schema_of(PricesOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Prices by the lists in force for the buyer, each with the reason; nothing is written.

        Lists of the buyer's company come before those of a segment, the group, the channel and everybody;
        without any the product's own price counts. 400 for a SKU or customer that
        there is not; a channel's key asks about buyers of that channel alone.
        """
        channel, sent = channel_of(request), decode(request.body, PricesIn)
        customer = buyer_of(request, sent.customer)
        products = stock.products_by_sku({line.sku for line in sent.lines})
        for at, line in enumerate(sent.lines):
            if line.sku not in products:
                raise Invalid("There is no such product.", f"/lines/{at}/sku")
        on = sent.on or timezone.localdate()
        book = price_book(channel, customer, products.values(), on)
        found = [book.price(products[line.sku], line.quantity) for line in sent.lines]
        prices = [PriceOut.of(price, channel.currency) for price in found]
        return respond(PricesOut(channel.currency, channel.price_includes_tax, prices))


class PriceListsView(APIView):
    """Price lists."""

    scope = "orders"
    permission_classes: ClassVar = [OfAllChannels]
    queryset: QuerySet[PriceList] = PriceList.objects.none()

    @extend_schema(
        operation_id="price_lists_list",
        responses={200: {"type": "array", "items": schema_of(PriceListOut)}},
    )
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """All of them, by code."""
        rows = PriceList.objects.select_related("channel", "company", "segment").order_by("code")
        return respond([PriceListOut.of(row) for row in rows])


class PriceListView(IdempotencyMixin, APIView):
    """For whom a list is."""

    scope = "terms"
    permission_classes: ClassVar = [OfAllChannels]
    queryset: QuerySet[PriceList] = PriceList.objects.none()

    @extend_schema(
        operation_id="price_lists_update",
        request={"application/json": schema_of(PriceListIn)},
        responses={200: schema_of(PriceListOut), 201: schema_of(PriceListOut)},
    )
    def put(self, request: Request, code: str) -> HttpResponse:
        """Keep a list as you say it is: 201 where the code is new; the same again changes nothing.

        All of it but its prices: what is left out is as it is by default. `active: false` takes it
        out of force. 422 points at the field that cannot be.
        """
        sent = decode(request.body, PriceListIn)
        channel = Channel.objects.filter(code=sent.channel).first() if sent.channel else None
        if sent.channel and channel is None:
            raise InvalidInput("There is no such channel.", pointer="/channel")
        company = customers.company_by_code(sent.company) if sent.company else None
        if sent.company and company is None:
            raise InvalidInput("There is no such company.", pointer="/company")
        segment = customers.segment_by_code(sent.segment) if sent.segment else None
        if sent.segment and segment is None:
            raise InvalidInput("There is no such segment.", pointer="/segment")
        row, is_new = operations.put_price_list(
            code, sent.face(channel, company, segment), by=actor(request), reason=sent.reason
        )
        return respond(PriceListOut.of(row), 201 if is_new else 200)

    @extend_schema(operation_id="price_lists_destroy", responses={204: None})
    def delete(self, request: Request, code: str) -> HttpResponse:
        """Delete a list that nobody buys by any more, with its prices; orders keep theirs.

        409 `price_list_in_use` while it is in force or an open hold names it: put it with
        `active: false` first.
        """
        row = get_object_or_404(PriceList, code=code)
        operations.remove_price_list(row, by=actor(request), reason=BY_API)
        return respond_nothing()


class ListPricesView(IdempotencyMixin, APIView):
    """The rows of a price list."""

    scope = "orders"
    permission_classes: ClassVar = [OfAllChannels]

    @extend_schema(
        operation_id="price_lists_prices_create",
        request={"application/json": schema_of(ListPricesIn)},
        responses={200: schema_of(PriceReportOut)},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Add and change prices; each row is told what became of it, the others are taken.

        Only for keys of all channels, because lists cross them.
        """
        price_list = get_object_or_404(PriceList, code=code)
        sent = decode(request.body, ListPricesIn)
        rows = [
            PriceRow(at, row.sku, str(row.unit_price), str(row.from_quantity))
            for at, row in enumerate(sent.prices, start=1)
        ]
        report = operations.set_prices(price_list, rows, by=actor(request))
        return respond(PriceReportOut.of(report))


class ListPriceView(IdempotencyMixin, APIView):
    """The prices of one product in a list."""

    scope = "orders"
    permission_classes: ClassVar = [OfAllChannels]
    queryset: QuerySet[PriceList] = PriceList.objects.none()

    @extend_schema(
        operation_id="price_lists_prices_destroy",
        parameters=[
            OpenApiParameter(
                "from_quantity",
                {"type": "integer", "minimum": 1, "maximum": MOST_UNITS},
                description="The price that counts from so many units. Without it, all prices of "
                "the product in this list.",
            )
        ],
        responses={204: None},
    )
    def delete(self, request: Request, code: str, sku: str) -> HttpResponse:
        """Take a product out of a list, or one of its prices; orders keep what they were placed at.

        404 where the list has no such price.
        """
        price_list = get_object_or_404(PriceList, code=code)
        start = _start(request.query_params.get("from_quantity"))
        removed = operations.remove_prices(
            price_list, sku.replace("\0", ""), by=actor(request), reason=BY_API, from_quantity=start
        )
        if not removed:
            raise NotFound(f"{code} has no such price of {sku}.")
        return respond_nothing()


def _start(told: str | None) -> int | None:
    """From how many units, where that was said. Raises Invalid."""
    if told is None:
        return None
    if not (told.isascii() and told.isdecimal()) or not 1 <= int(told[:12]) <= MOST_UNITS:
        raise Invalid("A price counts from at least 1 unit.", "/from_quantity")
    return int(told)


urlpatterns = [
    path("prices/", PricesView.as_view(), name="prices"),
    path("price-lists/", PriceListsView.as_view(), name="price-lists"),
    path("price-lists/<slug:code>/", PriceListView.as_view(), name="price-list"),
    path("price-lists/<slug:code>/prices/", ListPricesView.as_view(), name="list-prices"),
    path("price-lists/<slug:code>/prices/<str:sku>/", ListPriceView.as_view(), name="list-price"),
]
