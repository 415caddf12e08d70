"""Messages of the stock API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from rest_framework import serializers

from inventory.enums import MovementKind
from inventory.models import Location, Product
from oms.wire import Short, SignedQuantity, Sku, Text, message

Kind = Literal[tuple(MovementKind.values)]  # type: ignore[valid-type]


@message
class AvailabilityOut(msgspec.Struct):
    """Stock of one SKU at one location, in units."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    available: int


@message
class StockMovementIn(msgspec.Struct):
    """A change of on-hand stock: positive comes in, negative goes out."""

    sku: Sku
    location: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    quantity: SignedQuantity
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    reference: Short = ""
    kind: Kind | None = None
    unit_cost: Decimal | None = None


@message
class StockMovementOut(msgspec.Struct):
    """A movement as it was written."""

    sku: str
    location: str
    kind: str
    quantity: int
    balance: int
    reason: str
    reference: str
    at: datetime


@message
class ProductIn(msgspec.Struct):
    """A product to create or to correct; fields left out keep their value."""

    sku: Sku
    name: Text
    barcode: Annotated[str, msgspec.Meta(max_length=64)] = ""
    unit_price: Decimal | None = None
    weight_g: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    tax_class: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] = "standard"
    hs_code: Annotated[str, msgspec.Meta(max_length=10)] = ""
    origin_country: Annotated[str, msgspec.Meta(max_length=2)] = ""


class ProductSerializer(serializers.ModelSerializer):
    """A product as the API shows it."""

    class Meta:
        model = Product
        fields = (
            "sku",
            "name",
            "barcode",
            "unit_price",
            "weight_g",
            "tax_class",
            "hs_code",
            "origin_country",
            "is_active",
        )
        read_only_fields = fields


class LocationSerializer(serializers.ModelSerializer):
    """A location as the API shows it."""

    class Meta:
        model = Location
        fields = (
            "code",
            "name",
            "kind",
            "city",
            "postcode",
            "region",
            "country",
            "time_zone",
            "priority",
            "is_active",
        )
        read_only_fields = fields
