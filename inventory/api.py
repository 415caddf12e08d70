"""The stock API: products, locations, availability, movements."""

from typing import ClassVar

from django.db import IntegrityError
from django.http import HttpResponse
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations, queries
from inventory.enums import MovementKind
from inventory.models import Location, Product, StockMovement
from inventory.serializers import (
    AvailabilityOut,
    LocationSerializer,
    ProductIn,
    ProductSerializer,
    StockMovementIn,
    StockMovementOut,
)
from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import Invalid, decode, respond, schema_of

MOST_SKUS = 1_000
MOST_MOVEMENTS = 1_000


class AvailabilityView(APIView):
    """What can be promised, by SKU and location."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="availability_list",
        parameters=[
            OpenApiParameter("sku", str, many=True, required=True, description="One or more SKUs."),
            OpenApiParameter(
                "location", str, many=True, description="Location codes; all if none."
            ),
        ],
        responses={200: {"type": "array", "items": schema_of(AvailabilityOut)}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer on-hand, reserved and available units; unknown SKUs are left out."""
        skus = request.query_params.getlist("sku")
        if not skus or len(skus) > MOST_SKUS:
            msg = f"Ask for 1 to {MOST_SKUS} SKUs."
            raise Invalid(msg, "/sku")
        skus = [sku for sku in skus if "\0" not in sku]
        places = [code for code in request.query_params.getlist("location") if "\0" not in code]
        rows = queries.availability(skus, places)
        return respond(
            [
                AvailabilityOut(row.sku, row.location, row.on_hand, row.reserved, row.available)
                for row in rows
            ]
        )


class StockMovementsView(IdempotencyMixin, APIView):
    """Changes of on-hand stock, one or up to 1,000 in a call."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="stock_movements_create",
        request={
            "application/json": {
                "oneOf": [
                    schema_of(StockMovementIn),
                    {
                        "type": "array",
                        "items": schema_of(StockMovementIn),
                        "minItems": 1,
                        "maxItems": MOST_MOVEMENTS,
                    },
                ]
            }
        },
        responses={
            201: {
                "oneOf": [
                    schema_of(StockMovementOut),
                    {"type": "array", "items": schema_of(StockMovementOut)},
                ]
            }
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Move stock; a list is moved whole or not at all.

        Without a kind, a positive quantity is received and a negative one adjusted.
        """
        body = request.body
        if body.lstrip()[:1] == b"[":
            return respond(self._move(request, decode(body, list[StockMovementIn])), 201)
        return respond(self._move(request, [decode(body, StockMovementIn)])[0], 201)

    def _move(self, request: Request, sent: list[StockMovementIn]) -> list[StockMovementOut]:
        if not 1 <= len(sent) <= MOST_MOVEMENTS:
            msg = f"Send 1 to {MOST_MOVEMENTS} movements."
            raise Invalid(msg)
        changes = _changes(sent)
        moved = operations.move(changes, by=actor(request))
        return [_moved(row, message) for row, message in zip(moved, sent, strict=True)]


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


class LocationsView(ListAPIView):
    """The network."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]
    serializer_class = LocationSerializer
    queryset = Location.objects.order_by("-pk")


class LocationView(RetrieveAPIView):
    """One location."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]
    serializer_class = LocationSerializer
    queryset = Location.objects.all()
    lookup_field = "code"


def _changes(sent: list[StockMovementIn]) -> list[operations.Change]:
    skus = {message.sku for message in sent}
    products = dict(Product.objects.filter(sku__in=skus).values_list("sku", "pk"))
    codes = {message.location for message in sent}
    places = dict(Location.objects.filter(code__in=codes).values_list("code", "pk"))
    changes = []
    for index, message in enumerate(sent):
        if message.sku not in products:
            raise NotFound(f"Movement {index}: there is no product {message.sku}.")
        if message.location not in places:
            raise NotFound(f"Movement {index}: there is no location {message.location}.")
        if message.quantity == 0:
            raise Invalid("The quantity must not be zero.", f"/{index}/quantity")
        changes.append(_change(message, products[message.sku], places[message.location]))
    return changes


def _change(message: StockMovementIn, product: int, location: int) -> operations.Change:
    default = MovementKind.RECEIVED if message.quantity > 0 else MovementKind.ADJUSTED
    return operations.Change(
        product,
        location,
        message.quantity,
        message.kind or default,
        message.reference,
        message.reason,
        message.unit_cost,
    )


def _moved(row: StockMovement, message: StockMovementIn) -> StockMovementOut:
    return StockMovementOut(
        message.sku,
        message.location,
        row.kind,
        row.quantity,
        row.balance,
        row.reason,
        row.reference,
        row.at,
    )


urlpatterns = [
    path("availability/", AvailabilityView.as_view(), name="availability"),
    path("stock/movements/", StockMovementsView.as_view(), name="stock-movements"),
    path("products/", ProductsView.as_view(), name="products"),
    path("products/<str:sku>/", ProductView.as_view(), name="product"),
    path("locations/", LocationsView.as_view(), name="locations"),
    path("locations/<str:code>/", LocationView.as_view(), name="location"),
]
