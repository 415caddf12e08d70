"""Forms about how a channel sells single products."""

from typing import Any

from django import forms

from inventory import queries as stock
from inventory.enums import LimitKind
from oms.admin import ActForm

KINDS = [(kind.value, kind.label) for kind in LimitKind]


class SkuForm(ActForm):
    """Names a product by its SKU; `product` is what the operation takes."""

    sku = forms.CharField(label="SKU", max_length=64)

    def clean(self) -> dict[str, Any]:
        """Find the product."""
        data = super().clean() or {}
        sku = data.get("sku", "")
        data["product"] = stock.products_by_sku([sku]).get(sku) if sku else None
        if sku and data["product"] is None:
            self.add_error("sku", f"There is no product {sku} that is sold.")
        return data


class ListingSafetyForm(SkuForm):
    """What the channel leaves at every location."""

    field_order = ("sku", "quantity")
    sku = forms.CharField(
        label="SKU",
        max_length=64,
        required=False,
        help_text="Empty: every product that has no figure of its own.",
    )
    quantity = forms.IntegerField(
        label="Units left at every location",
        min_value=0,
        required=False,
        help_text="Empty: none of its own.",
    )


class ListingLimitForm(SkuForm):
    """How much the channel sells of a product before it is there."""

    field_order = ("sku", "kind", "units")
    kind = forms.ChoiceField(label="Limit for", choices=KINDS)
    units = forms.IntegerField(
        label="Units at once",
        min_value=0,
        required=False,
        help_text="Empty: no limit of the channel's own.",
    )
