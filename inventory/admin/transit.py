"""Transit times: how long parcels travel, as promises count it."""

from typing import ClassVar

from django.contrib import admin

from inventory.models import TransitTime
from oms.admin import EditableAdmin


@admin.register(TransitTime)
class TransitTimeAdmin(EditableAdmin):
    """A country's own row beats one for any; then the row for the longest way that it reaches."""

    list_display = ("reach", "country_column", "beyond_km", "days")
    ordering = ("reach", "country", "beyond_km")
    list_filter = ("reach",)
    search_fields = ("country",)
    search_help_text = "Country"
    sortable_by: ClassVar = ()
    fields = ("reach", "country", "beyond_km", "days")

    @admin.display(description="Country")
    def country_column(self, row: TransitTime) -> str:
        """One, or any."""
        return row.country or "Any"
