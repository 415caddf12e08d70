"""The catalogue."""

from typing import ClassVar

from django.db import IntegrityError
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request

from inventory import operations
from inventory.models import Product
from inventory.serializers import ProductIn, ProductSerializer
from oms.api import HasScope, IdempotencyMixin, actor
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
        fields = {name: getattr(sent, name) for name in sent.__struct_fields__ if name != "sku"}
        try:
            product, created = operations.save_product(sent.sku, by=actor(request), **fields)
        except IntegrityError:
            product, created = operations.save_product(sent.sku, by=actor(request), **fields)
        return respond(ProductSerializer(product).data, 201 if created else 200)


class ProductView(RetrieveAPIView):
    """One product."""

    scope = "products"
    permission_classes: ClassVar = [HasScope]
    serializer_class = ProductSerializer
    queryset = Product.objects.all()
    lookup_field = "sku"
