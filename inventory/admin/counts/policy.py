"""How locations count, and whose turn it is."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from inventory.admin.stock import PlaceFilter, product_link
from inventory.models import CountPolicy, CountSchedule
from oms import words
from oms.admin import EditableAdmin, ReadOnlyAdmin


@admin.register(CountPolicy)
class CountPolicyAdmin(EditableAdmin):
    """Classes, turns and tolerance of a location; one without a policy uses the defaults."""

    list_empty = (
        "Add how often a location counts its A, B and C products, and what difference asks "
        "for a recount."
    )

    list_display = ("location", "classes_column", "turns_column", "tolerance_column")
    list_select_related = ("location",)
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": ("location",)}),
        (
            "Classes",
            {
                "description": "Levels are ranked by what was issued in the window. A are those "
                "that make up the first part of the sum, B the next, C the rest.",
                "fields": (("measure", "window_days"), ("a_share", "b_share")),
            },
        ),
        ("Turns", {"fields": (("a_days", "b_days", "c_days"), "lines_per_count")}),
        (
            "Tolerance",
            {
                "description": "A difference within tolerance is approved by itself; one above is "
                "counted again by somebody else, and then approved by a third person. Within "
                "means: at most the units or the per cent, and at most the value at cost.",
                "fields": (("tolerance_units", "tolerance_percent", "tolerance_value"),),
            },
        ),
    )

    @admin.display(description="Classes")
    def classes_column(self, policy: CountPolicy) -> str:
        """Where A and B end."""
        return (
            f"A to {policy.a_share:.0f} %, B to {policy.b_share:.0f} % of issued {policy.measure}"
        )

    @admin.display(description="Turns")
    def turns_column(self, policy: CountPolicy) -> str:
        """Days between counts."""
        return f"A {policy.a_days} d, B {policy.b_days} d, C {policy.c_days} d"

    @admin.display(description="Tolerance")
    def tolerance_column(self, policy: CountPolicy) -> str:
        """What is believed at once."""
        return (
            f"{words.count(policy.tolerance_units, 'unit')} or {policy.tolerance_percent:.1f} %, "
            f"up to {policy.tolerance_value:.2f} at cost"
        )


@admin.register(CountSchedule)
class CountScheduleAdmin(ReadOnlyAdmin):
    """Each stock level's class and next turn, with the figures behind them."""

    list_empty = (
        "Each product of a location stands here with its ABC class and next turn, once Classify now "
        "has run."
    )

    list_display = (
        "product_column",
        "location",
        "abc_class",
        "num_issued",
        "num_value",
        "counted_column",
        "due_column",
    )
    list_display_links = None
    list_select_related = ("level__product", "location")
    list_filter = (PlaceFilter, ("abc_class", ChoicesDropdownFilter))
    list_filter_submit = True
    search_fields = ("level__product__sku__istartswith",)
    search_help_text = "SKU"
    ordering = ("due_on", "pk")
    sortable_by: ClassVar = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Reached from the counts."""
        return self.has_view_permission(request)

    @admin.display(description="Product")
    def product_column(self, row: CountSchedule) -> SafeString:
        """SKU and name."""
        return product_link(row.level.product)

    @admin.display(description="Issued")
    def num_issued(self, row: CountSchedule) -> int:
        """Units in the policy's window."""
        return row.issued_quantity

    @admin.display(description="At cost")
    def num_value(self, row: CountSchedule) -> str:
        """The same units."""
        return f"{row.issued_value:,.2f}"

    @admin.display(description="Last counted")
    def counted_column(self, row: CountSchedule) -> str:
        """How long ago."""
        return f"{words.age(row.counted_at)} ago" if row.counted_at else "never"

    @admin.display(description="Next turn")
    def due_column(self, row: CountSchedule) -> SafeString | str:
        """The day; marked when it has passed."""
        shown = f"{row.due_on.day} {row.due_on:%b %Y}"
        if row.due_on >= timezone.localdate():
            return shown
        url = reverse("admin:inventory_stocklevel_change", args=[row.level_id])
        return format_html('<a href="{}">{}</a>', url, words.chip(shown, "warn"))
