"""Products."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from rest_framework import serializers

from inventory.models import Product
from inventory.queries import Limit
from oms.wire import Sent, Sku, Text, message

Units = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


@message
class ProductIn(Sent):
    """A product to create or to correct; fields left out keep their value.

    Until the day `preorder_on` it is sold as a pre-order, also where the channel takes no backorders.
    `goods_class` is what routing rules and return policies ask about, such as hazardous or bulky.
    Products of one `family` are variants of each other, such as sizes.
    """

    sku: Sku
    name: Text
    barcode: Annotated[str, msgspec.Meta(max_length=64)] | UnsetType = UNSET
    unit_price: Decimal | UnsetType | None = UNSET
    weight_g: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | UnsetType = UNSET
    tax_class: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    goods_class: Annotated[str, msgspec.Meta(max_length=20)] | UnsetType = UNSET
    family: Annotated[str, msgspec.Meta(max_length=64)] | UnsetType = UNSET
    hs_code: Annotated[str, msgspec.Meta(max_length=10)] | UnsetType = UNSET
    origin_country: Annotated[str, msgspec.Meta(max_length=2)] | UnsetType = UNSET
    customs_description: Annotated[str, msgspec.Meta(max_length=200)] | UnsetType = UNSET
    preorder_on: date | UnsetType | None = UNSET

    def given(self) -> dict[str, Any]:
        """What was sent, without the SKU."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name != "sku"}
        return {name: value for name, value in fields.items() if value is not UNSET}


@message
class LimitsIn(Sent):
    """Units sold at once, in all channels together, before they are there; null: no limit."""

    backorder: Units | None = None
    preorder: Units | None = None


@message
class LimitOut(msgspec.Struct):
    """A limit with what is sold against it now; `channel` is empty for all channels together."""

    kind: Literal["backorder", "preorder"]
    channel: str
    units: int
    used: int
    left: int

    @classmethod
    def of(cls, limit: Limit, channels: Mapping[int, str]) -> "LimitOut":
        """As the API shows it."""
        code = channels.get(limit.channel_id, "") if limit.channel_id else ""
        return cls(limit.kind, code, limit.units, limit.used, limit.left)  # type: ignore[arg-type]


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
            "goods_class",
            "family",
            "hs_code",
            "origin_country",
            "customs_description",
            "preorder_on",
            "is_active",
        )
        read_only_fields = fields
