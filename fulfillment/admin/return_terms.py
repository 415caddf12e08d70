"""Terms of returns: policies and reasons, both reference data."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from fulfillment.enums import Fault, GoodsState, LabelPayer
from fulfillment.models import ReturnPolicy, ReturnReason
from oms import words
from oms.admin import EditableAdmin


@admin.register(ReturnPolicy)
class ReturnPolicyAdmin(EditableAdmin):
    """The most specific policy counts: channel and class, channel, class, everything."""

    list_empty = (
        "Without a policy everything can come back at any time, free of charge. Add one to set "
        "a window, a condition or a fee."
    )
    list_display = (
        "name",
        "for_column",
        "window_column",
        "fee_column",
        "label_column",
        "refund_column",
    )
    list_select_related = ("channel",)
    sortable_by: ClassVar = ()
    ordering = ("channel__code", "goods_class")
    fieldsets = (
        (None, {"fields": ("name", ("channel", "goods_class"))}),
        (
            "What comes back",
            {
                "description": "What is the seller's or the carrier's fault, as the reason says, "
                "comes back whatever stands here, free of charge.",
                "fields": (("window_days", "final_sale"), "least_state"),
            },
        ),
        (
            "What it costs",
            {"fields": (("fee_percent", "fee_each"), ("label_payer", "label_cost"))},
        ),
        (
            "How it goes",
            {
                "fields": (
                    ("refund_on", "expires_days"),
                    ("exchange_ships", "approves_itself"),
                    "keep_limit",
                )
            },
        ),
    )

    @admin.display(description="For")
    def for_column(self, policy: ReturnPolicy) -> str:
        """Channel and class."""
        channel = policy.channel.name if policy.channel else "every channel"
        return f"{channel}, {policy.goods_class or 'every product'}"

    @admin.display(description="Comes back")
    def window_column(self, policy: ReturnPolicy) -> str:
        """Until when, and in what state."""
        if policy.final_sale:
            return "only if faulty"
        days = "any time" if policy.window_days is None else words.count(policy.window_days, "day")
        least = GoodsState(policy.least_state)
        return days if least == GoodsState.USED else f"{days}, {least.label.lower()}"

    @admin.display(description="Fee")
    def fee_column(self, policy: ReturnPolicy) -> str:
        """Kept of the credit."""
        if policy.channel and policy.fee_each:
            return f"{words.money(policy.fee_each, policy.channel.currency)} a unit"
        return f"{policy.fee_percent.normalize():f} %" if policy.fee_percent else "–"

    @admin.display(description="Way back")
    def label_column(self, policy: ReturnPolicy) -> str:
        """Who pays it."""
        if policy.channel and policy.label_cost:
            return f"{words.money(policy.label_cost, policy.channel.currency)} off the refund"
        return str(LabelPayer(policy.label_payer).label)

    @admin.display(description="Credited")
    def refund_column(self, policy: ReturnPolicy) -> str:
        """When, and whether a person approves."""
        by_itself = "; approves itself" if policy.approves_itself else ""
        return f"{policy.get_refund_on_display()}{by_itself}"


@admin.register(ReturnReason)
class ReturnReasonAdmin(EditableAdmin):
    """Why goods come back; whose fault a reason is decides about window and fees."""

    list_display = ("name", "code", "fault_column", "offered_column")
    ordering = ("position", "name")
    search_fields = ("code", "name")
    sortable_by: ClassVar = ()
    fields = (("name", "code"), "fault", ("is_sellable", "is_offered"), ("position", "is_active"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The code is what returns and integrations name; it stays."""
        return ("code",) if obj else ()

    @admin.display(description="Whose doing")
    def fault_column(self, reason: ReturnReason) -> str:
        """Buyer, seller or carrier."""
        return str(Fault(reason.fault).label)

    @admin.display(description="Buyers can choose it")
    def offered_column(self, reason: ReturnReason) -> str:
        """On their return page."""
        if not reason.is_active:
            return "switched off"
        return "yes" if reason.is_offered else "no"
