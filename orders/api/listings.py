"""The API of listings: what a channel leaves of a product, and sells before it is there."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations as inventory
from inventory import queries as stock
from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.wire import Invalid, decode, respond, schema_of
from orders.models import Channel
from orders.serializers.listings import ListingIn, ListingOut, SafetyStock

MOST_SKUS = 1_000


class ListingsView(APIView):
    """Products that a channel sells in a way of their own."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="channels_listings_list",
        parameters=[
            OpenApiParameter("sku", str, many=True, description="These alone; up to 1,000.")
        ],
        responses={200: {"type": "array", "items": schema_of(ListingOut)}},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """By SKU; without SKUs those that have settings of their own, at most 1,000."""
        skus = request.query_params.getlist("sku")
        if len(skus) > MOST_SKUS or any("\0" in sku for sku in skus):
            raise Invalid(f"Ask for at most {MOST_SKUS} SKUs.", "/sku")
        rows = stock.listings_of(_channel(request, code).pk, skus or None)
        return respond([ListingOut.of(row) for row in rows if row.product][:MOST_SKUS])


class ListingView(IdempotencyMixin, APIView):
    """How a channel sells one product."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="channels_listings_retrieve", responses={200: schema_of(ListingOut)}
    )
    def get(self, request: Request, code: str, sku: str) -> HttpResponse:
        """Its own settings; null where what counts for every other product counts."""
        return _shown(_channel(request, code), sku)

    @extend_schema(
        operation_id="channels_listings_update",
        request={"application/json": schema_of(ListingIn)},
        responses={200: schema_of(ListingOut)},
    )
    def put(self, request: Request, code: str, sku: str) -> HttpResponse:
        """Replace its settings; what the channel may sell is told anew at once."""
        channel, sent = _channel(request, code), decode(request.body, ListingIn)
        product = stock.products_by_sku([sku]).get(sku) if "\0" not in sku else None
        if product is None:
            raise NotFound(f"There is no product {sku} that is sold.")
        inventory.set_listing(
            product,
            channel.pk,
            by=actor(request),
            safety_stock=sent.safety_stock,
            backorder_limit=sent.backorder_limit,
            preorder_limit=sent.preorder_limit,
        )
        return _shown(channel, sku)


class SafetyStockView(IdempotencyMixin, APIView):
    """What a channel leaves of every product."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="channels_safety_stock_retrieve", responses={200: schema_of(SafetyStock)}
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """Units at every location, of each product without a figure of its own; null: none."""
        return _usual(_channel(request, code))

    @extend_schema(
        operation_id="channels_safety_stock_update",
        request={"application/json": schema_of(SafetyStock)},
        responses={200: schema_of(SafetyStock)},
    )
    def put(self, request: Request, code: str) -> HttpResponse:
        """Leave so many; null ends it. What the channel may sell is told anew soon."""
        channel, sent = _channel(request, code), decode(request.body, SafetyStock)
        inventory.set_channel_safety_stock(channel.pk, sent.safety_stock, by=actor(request))
        return _usual(channel)


def _channel(request: Request, code: str) -> Channel:
    """The channel, if this key may see it; 404 otherwise."""
    rows: QuerySet[Channel] = Channel.objects.filter(code=code.replace("\0", ""))
    codes = visible_channels(request)
    return get_object_or_404(rows if codes is None else rows.filter(code__in=codes))


def _shown(channel: Channel, sku: str) -> HttpResponse:
    rows = [] if "\0" in sku else stock.listings_of(channel.pk, [sku])
    if not rows:
        raise NotFound(f"There is no product {sku}.")
    return respond(ListingOut.of(rows[0]))


def _usual(channel: Channel) -> HttpResponse:
    usual = (row.safety_stock for row in stock.listings_of(channel.pk) if row.product is None)
    return respond(SafetyStock(next(usual, None)))


urlpatterns = [
    path("channels/<str:code>/listings/", ListingsView.as_view(), name="listings"),
    path("channels/<str:code>/listings/<str:sku>/", ListingView.as_view(), name="listing"),
    path("channels/<str:code>/safety-stock/", SafetyStockView.as_view(), name="safety-stock"),
]
