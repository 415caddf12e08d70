"""Channels and what they call our products: reference data that people edit."""

from typing import ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString

from oms import words
from oms.admin import EditableAdmin
from orders.models import Channel, SkuAlias


@admin.register(Channel)
class ChannelAdmin(EditableAdmin):
    """Where orders come from, and the policies that they bring."""

    list_empty = "Add a channel: where orders come from, with its currency and policies."

    list_display = ("name", "code", "currency", "policy_column", "promise_column", "active_column")
    ordering = ("name",)
    search_fields = ("code", "name")
    list_filter = ("is_active",)
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": (("name", "code"), ("currency", "price_includes_tax"), "is_active")}),
        (
            "Policies",
            {
                "description": "What an order of this channel must meet before locations see it. "
                "A change counts for orders from now on, and for waiting ones when they move next.",
                "fields": (
                    "needs_payment",
                    "auto_release",
                    ("allows_backorder", "over_limit"),
                    "ships_complete",
                    "notifies_customers",
                ),
            },
        ),
        (
            "Limits and promises",
            {
                "fields": (
                    "review_limit",
                    "duplicate_window_minutes",
                    "promise_days",
                    "allocation_rank",
                )
            },
        ),
        (
            "Stock set aside for baskets",
            {
                "description": "Carts and quotes may keep units through the API before they become "
                "orders. What is kept cannot be sold to anybody else until it expires.",
                "fields": (("soft_minutes", "soft_longest_hours"), ("soft_units", "soft_open")),
            },
        ),
    )

    def get_readonly_fields(self, request: object, obj: Channel | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """The code is what API keys and files name; it stays."""
        return ("code", "currency") if obj else ()

    @admin.display(description="Policies")
    def policy_column(self, channel: Channel) -> str:
        """The policies in words."""
        said = [
            "paid first" if channel.needs_payment else "paid later",
            "released automatically" if channel.auto_release else "released by hand",
            "takes backorders" if channel.allows_backorder else "refuses when short",
        ]
        if channel.ships_complete:
            said.append("ships complete")
        return ", ".join(said)

    @admin.display(description="Ships within")
    def promise_column(self, channel: Channel) -> str:
        """The promise to the buyer."""
        return f"{channel.promise_days} days"

    @admin.display(description="State")
    def active_column(self, channel: Channel) -> SafeString:
        """Grey in both cases: neither needs a person."""
        return words.chip("Active" if channel.is_active else "Switched off")


@admin.register(SkuAlias)
class SkuAliasAdmin(EditableAdmin):
    """What a channel calls one of our products."""

    list_empty = (
        "An alias is remembered when an unknown SKU of a channel is solved. It can be added "
        "here, too."
    )

    list_display = ("alias", "channel", "product")
    list_select_related = ("channel", "product")
    search_fields = ("alias", "product__sku")
    search_help_text = "Their SKU or ours"
    list_filter = ("channel",)
    autocomplete_fields = ("product",)
    sortable_by: ClassVar = ()
