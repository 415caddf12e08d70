"""Allocation policies: who is served first where stock is scarce."""

from typing import ClassVar

from django.contrib import admin

from oms.admin import EditableAdmin
from orders.models import AllocationPolicy


@admin.register(AllocationPolicy)
class AllocationPolicyAdmin(EditableAdmin):
    """Reference data; without any row it is priority, then promise date, then age."""

    list_empty = (
        "Without one, scarce stock goes by promise date, then age. Add one to decide "
        "otherwise for a product."
    )

    list_display = ("product_column", "order_column")
    list_select_related = ("product",)
    search_fields = ("product__sku",)
    search_help_text = "SKU"
    autocomplete_fields = ("product",)
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": ("product",)}),
        (
            "Served first",
            {
                "description": "The first criterion decides; the next ones decide ties. Higher "
                "priority, earlier promise, older order and lower channel rank go first.",
                "fields": ("first", "second", "third", "fourth"),
            },
        ),
    )

    @admin.display(description="For")
    def product_column(self, policy: AllocationPolicy) -> str:
        """One product, or all others."""
        return policy.product.sku if policy.product else "Every other product"

    @admin.display(description="Served first")
    def order_column(self, policy: AllocationPolicy) -> str:
        """The criteria in words."""
        return str(policy)
