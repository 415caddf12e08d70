"""Locations: where stock is and who ships it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory import operations
from inventory.admin.routing.service import in_short
from inventory.models import Location, LocationService
from oms import words
from oms.admin import EditableAdmin

LABELS = {"line1": "Street and number", "is_active": "Serves orders", "cutoff": "Cut-off"}


@admin.register(Location)
class LocationAdmin(EditableAdmin):
    """Reference data; priority and place decide which location serves an order."""

    list_empty = "Add the warehouses, shops and partners that hold stock."

    list_display = (
        "name",
        "code",
        "kind",
        "where_column",
        "priority",
        "cutoff_column",
        "state_column",
    )
    ordering = ("priority", "code")
    search_fields = ("code", "name", "city")
    list_filter = ("kind", "is_active")
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": (("name", "code"), ("kind", "is_active"))}),
        (
            "Where it is",
            {
                "fields": (
                    "line1",
                    ("postcode", "city"),
                    ("region", "country"),
                    ("latitude", "longitude"),
                )
            },
        ),
        (
            "How it serves",
            {
                "description": "The lowest priority number serves first; distance decides ties.",
                "fields": ("priority", ("time_zone", "cutoff"), "service_column"),
            },
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Fields as people call them."""
        if label := LABELS.get(db_field.name):
            kwargs["label"] = label
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """What channels may sell and fences keep follows whether it serves orders."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            operations.serve_anew(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The code is what files and messages name; it stays."""
        return ("code", "service_column") if obj else ("service_column",)

    @admin.display(description="Service")
    def service_column(self, location: Location) -> SafeString | str:
        """Working days, capacity, costs and pickup, which have a page of their own."""
        if location.pk is None:
            return "Stated once the location is saved: working days, orders a day, costs, pickup."
        service = LocationService.objects.filter(location=location).first()
        if service is None:
            url = reverse("admin:inventory_locationservice_add") + f"?location={location.pk}"
            return format_html(
                'no limits, every day. <a class="oms-link" href="{}">State it</a>', url
            )
        url = reverse("admin:inventory_locationservice_change", args=[service.pk])
        return format_html('{}. <a class="oms-link" href="{}">Change</a>', in_short(service), url)

    @admin.display(description="Where")
    def where_column(self, location: Location) -> str:
        """City and country."""
        return ", ".join(part for part in (location.city, location.country) if part)

    @admin.display(description="Cut-off")
    def cutoff_column(self, location: Location) -> str:
        """Until when today's orders leave today."""
        return f"{location.cutoff:%H:%M} {location.time_zone}" if location.cutoff else "–"

    @admin.display(description="State")
    def state_column(self, location: Location) -> SafeString:
        """Whether it serves orders."""
        return words.chip("Serves orders" if location.is_active else "Switched off")
