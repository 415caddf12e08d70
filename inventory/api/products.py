"""The catalogue."""

from typing import ClassVar

from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations, queries
from inventory.models import Product
from inventory.serializers import LimitOut, LimitsIn, ProductIn, ProductSerializer
from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.wire import decode, respond, schema_of


class ProductsView(IdempotencyMixin, ListAPIView):
    """The catalogue."""

    scope = "products"
    permission_classes: ClassVar = [HasScope]
    serializer_class = ProductSerializer
    queryset = Product.objects.order_by("-pk")

    @extend_schema(
        operation_id="products_create",
        request={"application/json": schema_of(ProductIn)},
        responses={200: ProductSerializer, 201: ProductSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Create a product (201), or correct the one with this SKU (200)."""
        sent = decode(request.body, ProductIn)
        fields = sent.given()
        try:
            product, created = operations.save_product(sent.sku, by=actor(request), **fields)
        except IntegrityError:
            product, created = operations.save_product(sent.sku, by=actor(request), **fields)
        return respond(ProductSerializer(product).data, 201 if created else 200)


class LimitsView(IdempotencyMixin, APIView):
    """How many units of a product are sold before they are there."""

    scope = "products"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="products_limits_list",
        responses={200: {"type": "array", "items": schema_of(LimitOut)}},
    )
    def get(self, request: Request, sku: str) -> HttpResponse:
        """Its limits, over all channels and per channel, with what is sold against each now.

        A key of one channel sees that channel's own.
        """
        return _limits(_product(sku), visible_channels(request))

    @extend_schema(
        operation_id="products_limits_update",
        request={"application/json": schema_of(LimitsIn)},
        responses={200: {"type": "array", "items": schema_of(LimitOut)}},
    )
    def put(self, request: Request, sku: str) -> HttpResponse:
        """Replace the limits over all channels; those of a channel are set in its listing.

        An order beyond a limit is refused with 409 `limit_reached`, or held where its channel says so.
        Not for a key of one channel.
        """
        if visible_channels(request) is not None:
            msg = "Limits over all channels are not for a key of one channel."
            raise PermissionDenied(msg)
        product, sent = _product(sku), decode(request.body, LimitsIn)
        operations.set_selling_limits(
            product, by=actor(request), backorder=sent.backorder, preorder=sent.preorder
        )
        return _limits(product, None)


def _product(sku: str) -> Product:
    return get_object_or_404(Product, sku=sku.replace("\0", ""))


def _limits(product: Product, seen: tuple[str, ...] | None) -> HttpResponse:
    codes = {channel.pk: channel.code for channel in queries.selling_channels()}
    rows = [LimitOut.of(row, codes) for row in queries.limits_of([product.pk])]
    return respond([row for row in rows if seen is None or row.channel in seen])


class ProductView(RetrieveAPIView):
    """One product."""

    scope = "products"
    permission_classes: ClassVar = [HasScope]
    serializer_class = ProductSerializer
    queryset = Product.objects.all()
    lookup_field = "sku"
