"""Channels and what they call our products: reference data that people edit."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import LimitKind
from oms import words
from oms.admin import Act, EditableAdmin, actor
from orders.forms.listing import ListingLimitForm, ListingSafetyForm
from orders.models import Channel, CountryAlias, KnownPrice, ShippingAlias, SkuAlias
from orders.queries.intake import country_word, shipping_words, times_used

Data = dict[str, Any]
LISTINGS_SHOWN = 200


def set_safety(request: HttpRequest, channel: Channel, data: Data) -> str:
    """Let the channel leave units."""
    product, units = data["product"], data["quantity"]
    inventory.set_channel_safety_stock(channel.pk, units, by=actor(request), product=product)
    what = f"of {product}" if product else "of every product without a figure of its own"
    if units is None:
        return f"{channel.name} has no figure {what} any more."
    return f"{channel.name} leaves {words.count(units, 'unit')} {what} at every location."


def set_limit(request: HttpRequest, channel: Channel, data: Data) -> str:
    """Limit what the channel sells before it is there."""
    product, units, kind = data["product"], data["units"], LimitKind(data["kind"])
    inventory.set_selling_limit(product, kind, units, by=actor(request), channel_id=channel.pk)
    if units is None:
        return f"{channel.name} has no limit of its own on {kind.label.lower()} of {product}."
    return f"{channel.name} sells at most {units} × {product} on {kind.label.lower()} at once."


LISTING_ACTS = (
    Act(
        "safety-stock",
        "Set safety stock",
        "inventory.set_fence",
        set_safety,
        form=ListingSafetyForm,
        help="Units that this channel leaves at every location, beside the location's own safety "
        "stock. It counts at once; the channel is told anew what it may sell.",
        icon="shield",
    ),
    Act(
        "limit",
        "Limit backorders",
        "inventory.set_fence",
        set_limit,
        form=ListingLimitForm,
        help="How many units this channel sells before they are there, on backorder or on pre-order.",
        icon="production_quantity_limits",
    ),
)


@admin.register(Channel)
class ChannelAdmin(EditableAdmin):
    """Where orders come from, and the policies that they bring."""

    acts = LISTING_ACTS
    change_form_outer_after_template = "admin/orders/channel.html"
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
            "Payments",
            {
                "description": "A gateway that holds this channel's card payments takes, refunds and "
                "gives them up when asked. It counts for payments that come from now on.",
                "fields": (
                    ("gateway", "capture_policy"),
                    ("write_off_limit", "terms"),
                    "checks_prices",
                    "checks_shipping",
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
            "Time to change one's mind",
            {
                "description": "Until the time is over nothing is given up and nobody is told.",
                "fields": (("remorse_minutes", "undo_minutes"),),
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

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """A channel that begins to sell is told what there is."""
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data or not change:
            inventory.tell_all()

    def render_change_form(
        self, request: HttpRequest, context: Data, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with the products that the channel sells in a way of its own below."""
        if (channel := kwargs.get("obj")) is not None:
            context["levels_to_tell"] = stock.levels_to_tell()
            context["listings"] = stock.listings_of(channel.pk)[:LISTINGS_SHOWN]
        return super().render_change_form(request, context, *args, **kwargs)

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
        return words.count(channel.promise_days, "day")

    @admin.display(description="State")
    def active_column(self, channel: Channel) -> SafeString:
        """Grey in both cases: neither needs a person."""
        return words.chip("Active" if channel.is_active else "Switched off")


class Remembered(EditableAdmin):
    """What a channel calls something, with who said so and when."""

    sortable_by: ClassVar = ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Whoever changes it is who said so."""
        obj.remembered_by, obj.remembered_at = actor(request), timezone.now()
        super().save_model(request, obj, form, change)

    @admin.display(description="Remembered")
    def remembered_column(self, alias: Any) -> SafeString:
        """When and by whom."""
        who = words.names_of([alias.remembered_by])[alias.remembered_by]
        return words.two_lines(words.moment(alias.remembered_at), who)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forgotten by whoever may change it; orders keep what they were understood as."""
        return self.has_change_permission(request, obj)


class AliasList(ChangeList):
    """Counts how often the aliases of a page were used, not row by row."""

    def get_results(self, request: HttpRequest) -> None:
        """The aliases with their uses."""
        super().get_results(request)
        rows = list(self.result_list)
        used = times_used(rows) if rows else {}
        for row in rows:
            row.used = used.get((row.channel_id, row.alias), 0)
        self.result_list = rows  # type: ignore[assignment]


@admin.register(SkuAlias)
class SkuAliasAdmin(Remembered):
    """What a channel calls one of our products."""

    list_empty = (
        "An alias is remembered when an unknown SKU of a channel is solved. It can be added "
        "here, too."
    )

    list_display = ("alias", "channel", "product", "used_column", "remembered_column")
    list_select_related = ("channel", "product")
    search_fields = ("alias", "product__sku")
    search_help_text = "Their SKU or ours"
    list_filter = ("channel",)
    autocomplete_fields = ("product",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that counts uses at once."""
        return AliasList

    @admin.display(description="Used on lines")
    def used_column(self, alias: Any) -> int:
        """How often it was needed."""
        return int(alias.used)


@admin.register(CountryAlias)
class CountryAliasAdmin(Remembered):
    """What a channel calls a country."""

    list_empty = (
        "A channel's word for a country is remembered when somebody corrects an address and ticks "
        "so. It can be added here, too."
    )

    list_display = ("alias", "channel", "country", "remembered_column")
    list_select_related = ("channel",)
    search_fields = ("alias", "country")
    search_help_text = "Their word or our code"
    list_filter = ("channel",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """As words are looked up."""
        obj.alias, obj.country = country_word(obj.alias), obj.country.upper()
        super().save_model(request, obj, form, change)


@admin.register(ShippingAlias)
class ShippingAliasAdmin(Remembered):
    """What a channel calls a way of shipping."""

    list_empty = (
        "A channel that knows shipping methods holds orders whose words are new. What they mean is "
        "remembered when somebody names our method. It can be added here, too."
    )

    list_display = ("alias", "channel", "method", "remembered_column")
    list_select_related = ("channel",)
    search_fields = ("alias", "method")
    search_help_text = "Their words or our method"
    list_filter = ("channel",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """As words are looked up."""
        obj.alias, obj.method = shipping_words(obj.alias), shipping_words(obj.method)
        super().save_model(request, obj, form, change)


@admin.register(KnownPrice)
class KnownPriceAdmin(Remembered):
    """Prices of a channel's own."""

    list_empty = (
        "A price of a channel's own is remembered when somebody accepts it on an order and ticks "
        "so. It can be added here, too."
    )

    list_display = ("product_column", "channel_column", "price_column", "remembered_column")
    list_display_links = ("product_column",)
    list_select_related = ("channel", "product")
    search_fields = ("product__sku",)
    search_help_text = "SKU"
    list_filter = ("channel",)
    autocomplete_fields = ("product",)
    ordering = ("product__sku", "channel__code")

    @admin.display(description="Product")
    def product_column(self, known: KnownPrice) -> SafeString:
        """SKU and name."""
        return words.two_lines(known.product.sku, known.product.name)

    @admin.display(description="Channel")
    def channel_column(self, known: KnownPrice) -> str:
        """Whose price it is."""
        return known.channel.name

    @admin.display(description="Price")
    def price_column(self, known: KnownPrice) -> str:
        """With its currency."""
        return words.money(known.unit_price, known.channel.currency)
