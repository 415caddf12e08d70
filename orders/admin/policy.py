"""Who is served first where stock is scarce, and when what locations reject is routed again."""

from typing import ClassVar

from django.contrib import admin

from oms import words
from oms.admin import EditableAdmin
from orders.models import AllocationPolicy, RerouteWindow


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


@admin.register(RerouteWindow)
class RerouteWindowAdmin(EditableAdmin):
    """Reference data; without any row what a location rejects is routed again at once."""

    list_empty = (
        "Without one, what a location rejects is routed again at once. Add one to collect it and "
        "route it together, for a channel or for all of them."
    )

    list_display = ("channel_column", "window_column")
    list_select_related = ("channel",)
    ordering = ("channel__name",)
    search_fields = ("channel__code", "channel__name")
    search_help_text = "Channel"
    autocomplete_fields = ("channel",)
    sortable_by: ClassVar = ()
    fields = ("channel", "minutes")

    @admin.display(description="For")
    def channel_column(self, window: RerouteWindow) -> str:
        """One channel, or all others."""
        return window.channel.name if window.channel else "Every other channel"

    @admin.display(description="Routed again")
    def window_column(self, window: RerouteWindow) -> str:
        """How long rests are collected."""
        return (
            f"together, every {words.count(window.minutes, 'minute')}"
            if window.minutes
            else "at once"
        )
