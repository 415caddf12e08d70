"""Products."""

from decimal import Decimal
from typing import Annotated

import msgspec
from rest_framework import serializers

from inventory.models import Product
from oms.wire import Sku, Text, message


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
