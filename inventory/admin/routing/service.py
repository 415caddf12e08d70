"""How locations serve: reference data that the rules in force see at once."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline

from inventory import operations
from inventory.models import (
    Holiday,
    HolidayCalendar,
    LocationDay,
    LocationGroup,
    LocationService,
)
from oms.admin import EditableAdmin

LOOKED_BACK = 30  # days of load and misses in the list


class NetworkAdmin(EditableAdmin):
    """Reference data that routing reads: whoever saves it makes the rules in force look again."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save what hangs on the row, then tell routing."""
        super().save_related(request, form, formsets, change)
        operations.network_changed()


@admin.register(LocationGroup)
class LocationGroupAdmin(NetworkAdmin):
    """Groups that rules name."""

    list_empty = (
        "Add a group, such as Shops or Central warehouses, so that routing rules can name it."
    )

    list_display = ("name", "code", "members_column")
    search_fields = ("code", "name")
    filter_horizontal = ("locations",)
    fields = ("name", "code", "locations")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The code is what rules name; it stays."""
        return ("code",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their members, in one query."""
        return super().get_queryset(request).prefetch_related("locations")

    @admin.display(description="Locations")
    def members_column(self, group: LocationGroup) -> str:
        """Codes."""
        return ", ".join(sorted(place.code for place in group.locations.all())) or "–"


class HolidayInline(TabularInline):
    """Days off."""

    model = Holiday
    extra = 1
    tab = True


@admin.register(HolidayCalendar)
class HolidayCalendarAdmin(NetworkAdmin):
    """Calendars that locations keep."""

    list_empty = "Add the days on which a location does not ship; promises leave them out."

    list_display = ("name",)
    search_fields = ("name",)
    inlines: ClassVar = [HolidayInline]


@admin.register(LocationService)
class LocationServiceAdmin(NetworkAdmin):
    """Capacity, working days, costs; accuracy and load beside them."""

    list_empty = "Add when a location ships: its cut-off time, capacity a day and calendar."

    list_display = (
        "location",
        "capacity_column",
        "weekdays",
        "calendar",
        "accuracy_column",
        "num_missed",
        "num_orders",
    )
    ordering = ("location__code",)
    list_select_related = ("location", "calendar")
    readonly_fields = ("accuracy",)
    fieldsets = (
        (None, {"fields": ("location", ("capacity", "lead_days"), ("weekdays", "calendar"))}),
        (
            "Costs, in the house's own currency",
            {
                "fields": (
                    ("shipping_base", "shipping_per_100km", "shipping_per_kg"),
                    ("handling_per_parcel", "handling_per_unit"),
                )
            },
        ),
        ("Service", {"fields": (("offers_pickup", "pickup_days"), "accuracy")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the last month's load, from daily counters."""
        since = timezone.now().date() - timedelta(days=LOOKED_BACK)
        days = LocationDay.objects.filter(day__gte=since).values("location_id").order_by()
        sums = days.annotate(missed=Sum("missed"), found=Sum("found"), given=Sum("orders"))
        self.month = {row["location_id"]: row for row in sums}
        return super().get_queryset(request)

    @admin.display(description="Orders a day")
    def capacity_column(self, service: LocationService) -> str:
        """No limit where none is set."""
        return "no limit" if service.capacity is None else f"{service.capacity:,}"

    @admin.display(description="Accuracy")
    def accuracy_column(self, service: LocationService) -> str:
        """Units found of units asked for."""
        return f"{service.accuracy * 100:.1f} %"

    @admin.display(description="Missed, 30 days")
    def num_missed(self, service: LocationService) -> int:
        """Units that were not there as the figure said."""
        return self.month.get(service.location_id, {}).get("missed", 0)

    @admin.display(description="Given, 30 days")
    def num_orders(self, service: LocationService) -> int:
        """Orders counted against its days."""
        return self.month.get(service.location_id, {}).get("given", 0)
