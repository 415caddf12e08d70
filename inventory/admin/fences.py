"""Who keeps how much of what: fences, and the acts that set them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from inventory import operations
from inventory.admin.stock import product_link
from inventory.forms.fences import ChannelSafetyForm, FenceForm, QuotaForm
from inventory.models import Fence, Product
from oms import words
from oms.admin import Act, ReadOnlyAdmin, ReasonForm, actor

Data = dict[str, Any]


def keep_for(request: HttpRequest, product: Product, data: Data) -> str:
    """Keep units of a product for somebody."""
    fence = operations.set_fence(data["wish"], by=actor(request), reason=data["reason"])
    kept = fence.kept.aggregate(sum=Sum("quantity"))["sum"] or 0
    rest = fence.left - kept
    later = f"; {rest} more as stock arrives" if rest else ""
    return f"{kept} × {product} are kept{later}."


def set_channel_safety(request: HttpRequest, product: Product, data: Data) -> str:
    """Let a channel leave units."""
    operations.set_channel_safety_stock(
        int(data["channel"]), data["quantity"], by=actor(request), product=product
    )
    if data["quantity"] is None:
        return "The channel leaves of this product what it leaves of every other."
    return f"The channel leaves {data['quantity']} × {product} at every location."


def change(request: HttpRequest, fence: Fence, data: Data) -> str:
    """Give a fence another quota."""
    fence = operations.change_fence(fence, data["quota"], by=actor(request), reason=data["reason"])
    return f"The fence keeps {words.count(fence.amount, 'unit')} now; used: {fence.used}."


def lift(request: HttpRequest, fence: Fence, data: Data) -> str:
    """End a fence."""
    operations.lift_fence(fence, by=actor(request), reason=data["reason"])
    return "The fence is lifted; what it kept is there for everybody."


def _open(fence: Fence) -> bool:
    return fence.lifted_at is None


def _quota(fence: Fence) -> Data:
    kind = "share" if fence.share else "units"
    return {"quantity": fence.share or fence.amount, "kind": kind, "reason": fence.reason}


PRODUCT_FENCE_ACTS = (
    Act(
        "keep-for",
        "Keep for a channel or group",
        "inventory.set_fence",
        keep_for,
        form=FenceForm,
        help="Only its orders may take these units. What it orders uses the quota up.",
        icon="fence",
        folded=True,
    ),
    Act(
        "channel-safety",
        "Channel safety stock",
        "inventory.set_fence",
        set_channel_safety,
        form=ChannelSafetyForm,
        help="Units that one channel leaves at every location, beside the location's own.",
        icon="shield",
        folded=True,
    ),
)


@admin.register(Fence)
class FenceAdmin(ReadOnlyAdmin):
    """Quotas of products, newest first; set on the product's page."""

    list_empty = (
        "A fence keeps units of a product for one channel or customer group. It is put up on "
        "the page of the product's stock."
    )

    acts = (
        Act(
            "change",
            "Change",
            "inventory.set_fence",
            change,
            form=QuotaForm,
            allowed=_open,
            initial=_quota,
            help="Units used up stay used. What is set free goes to whoever waits for it.",
            icon="tune",
            variant=ActionVariant.PRIMARY,
        ),
        Act(
            "lift",
            "Lift",
            "inventory.set_fence",
            lift,
            form=ReasonForm,
            allowed=_open,
            help="What is still kept is there for everybody at once.",
            icon="lock_open",
        ),
    )
    list_display = (
        "product_column",
        "holder_column",
        "place_column",
        "num_quota",
        "num_used",
        "num_kept",
        "bar_column",
        "until_column",
    )
    list_display_links = ("holder_column",)
    list_select_related = ("product", "location", "channel")
    list_filter = ("channel",)
    search_fields = ("product__sku__istartswith", "group__exact")
    search_help_text = "SKU, or whole customer group"
    sortable_by: ClassVar = ()
    fields = (
        "product", "channel", "group", "location", "amount", "share", "used", "kept_now",
        "reason", "set_by_name", "set_at", "ends_at", "lifted_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fences with what they keep now."""
        rows = super().get_queryset(request).select_related("product", "location", "channel")
        return rows.annotate(kept_units=Sum("kept__quantity"))

    @admin.display(description="Product")
    def product_column(self, fence: Fence) -> SafeString:
        """SKU and name."""
        return product_link(fence.product)

    @admin.display(description="Kept for")
    def holder_column(self, fence: Fence) -> str:
        """Channel, customer group, or both."""
        channel: Any = fence.channel
        group = f"group {fence.group}" if fence.group else ""
        return " and ".join(part for part in (channel and channel.name, group) if part)

    @admin.display(description="Where")
    def place_column(self, fence: Fence) -> str:
        """One location, or all."""
        return fence.location.code if fence.location else "All locations"

    @admin.display(description="Quota")
    def num_quota(self, fence: Fence) -> str:
        """In units; where it is a share, of what."""
        if fence.share:
            return f"{fence.amount:,} ({fence.share} % of {fence.base:,})"
        return f"{fence.amount:,}"

    @admin.display(description="Used")
    def num_used(self, fence: Fence) -> int:
        """By orders of the holder."""
        return fence.used

    @admin.display(description="Kept now")
    def num_kept(self, fence: Fence) -> SafeString:
        """Units that lie there; orange where the quota has more left than stock allows."""
        kept = getattr(fence, "kept_units", 0) or 0
        short = fence.lifted_at is None and kept < fence.left
        return format_html('<span class="{}">{}</span>', "oms-warn" if short else "", kept)

    @admin.display(description="Used up")
    def bar_column(self, fence: Fence) -> SafeString:
        """As a bar."""
        return format_html(
            '<progress class="oms-progress" value="{}" max="{}" aria-label="{} of {} used">'
            "</progress>",
            min(fence.used, fence.amount), max(fence.amount, 1), fence.used, fence.amount,
        )  # fmt: skip

    @admin.display(description="Until")
    def until_column(self, fence: Fence) -> str:
        """Its end, past or to come."""
        if fence.lifted_at:
            return f"lifted {words.moment(fence.lifted_at)}"
        return words.moment(fence.ends_at) if fence.ends_at else "until it is lifted"

    @admin.display(description="Kept now")
    def kept_now(self, fence: Fence) -> str:
        """Units per location."""
        rows = fence.kept.filter(quantity__gt=0).select_related("level__location")
        return ", ".join(f"{row.quantity} at {row.level.location.code}" for row in rows) or "0"

    @admin.display(description="Set by")
    def set_by_name(self, fence: Fence) -> str:
        """A person's name."""
        return words.names_of([fence.set_by])[fence.set_by]
