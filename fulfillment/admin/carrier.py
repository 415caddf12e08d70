"""Carriers: reference data."""

from typing import ClassVar

from django.contrib import admin

from fulfillment.models import Carrier
from oms.admin import EditableAdmin


@admin.register(Carrier)
class CarrierAdmin(EditableAdmin):
    """Who carries parcels, and where their tracking page is."""

    list_empty = "Add the carriers that collect from you; a shipment names one."

    list_display = ("name", "code", "services_column", "tracking_url", "is_active")
    search_fields = ("name", "code")
    search_help_text = "Name or code"
    fields: ClassVar = ("name", "code", "services", "tracking_url", "tracking_pattern", "is_active")

    @admin.display(description="Shipping methods")
    def services_column(self, carrier: Carrier) -> str:
        """Its services."""
        return ", ".join(carrier.service_names) or "–"
