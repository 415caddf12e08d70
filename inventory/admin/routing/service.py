"""How locations serve: reference data that the rules in force see at once."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from inventory import operations
from inventory.forms.service import ServiceForm
from inventory.models import (
    Holiday,
    HolidayCalendar,
    LocationDay,
    LocationGroup,
    LocationService,
)
from oms import words
from oms.admin import EditableAdmin

LOOKED_BACK = 30  # days of load and misses in the list
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def said_days(days: str) -> str:
    """Days of the week, given as digits from Monday, in words: runs of three or more in short."""
    numbers = sorted({int(day) for day in days})
    if len(numbers) == len(WEEKDAYS):
        return "every day"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [
        f"{WEEKDAYS[run[0] - 1]}–{WEEKDAYS[run[-1] - 1]}"
        if len(run) > 2  # noqa: PLR2004 (two days are named)
        else ", ".join(WEEKDAYS[day - 1] for day in run)
        for run in runs
    ]
    return ", ".join(said) or "never"


def in_short(service: LocationService) -> str:
    """When a location works and how much it takes on, in one line."""
    said = [said_days(service.weekdays)]
    if service.calendar:
        said.append(f"but for {service.calendar}")
    if service.capacity is not None:
        said.append(f"{words.count(service.capacity, 'order')} a day")
    if service.offers_pickup:
        said.append("buyers may collect")
    return ", ".join(said)


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
    extra = 3


@admin.register(HolidayCalendar)
class HolidayCalendarAdmin(NetworkAdmin):
    """Calendars that locations keep."""

    list_empty = "Add the days on which a location does not ship; promises leave them out."

    list_display = ("name", "next_column", "num_ahead", "places_column")
    search_fields = ("name",)
    inlines: ClassVar = [HolidayInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the days that are still to come, and who keeps them."""
        ahead = Holiday.objects.filter(day__gte=timezone.localdate()).order_by("day")
        rows = super().get_queryset(request)
        return rows.prefetch_related(
            Prefetch("holidays", ahead, to_attr="ahead"), "locationservice_set__location"
        )

    @admin.display(description="Next day off")
    def next_column(self, calendar: Any) -> str:
        """When it is, and what it is called."""
        if not calendar.ahead:
            return "none to come"
        return f"{calendar.ahead[0].day:%-d %b %Y} {calendar.ahead[0].name}".strip()

    @admin.display(description="Days to come")
    def num_ahead(self, calendar: Any) -> int:
        """How many are entered from today on."""
        return len(calendar.ahead)

    @admin.display(description="Kept by")
    def places_column(self, calendar: Any) -> str:
        """Locations whose service names it."""
        return (
            ", ".join(sorted(row.location.code for row in calendar.locationservice_set.all()))
            or "–"
        )


@admin.register(LocationService)
class LocationServiceAdmin(NetworkAdmin):
    """Capacity, working days, costs; accuracy and load beside them."""

    list_empty = "Add when a location ships: its cut-off time, capacity a day and calendar."

    list_display = (
        "location",
        "capacity_column",
        "weekdays_column",
        "calendar",
        "parcel_column",
        "accuracy_column",
        "num_missed",
        "num_orders",
    )
    ordering = ("location__code",)
    readonly_fields = ("found_column",)
    form = ServiceForm
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
        ("Service", {"fields": (("offers_pickup", "pickup_days"), "found_column")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the last month's load, from daily counters."""
        since = timezone.now().date() - timedelta(days=LOOKED_BACK)
        days = LocationDay.objects.filter(day__gte=since).values("location_id").order_by()
        sums = days.annotate(missed=Sum("missed"), found=Sum("found"), given=Sum("orders"))
        self.month = {row["location_id"]: row for row in sums}
        return super().get_queryset(request).select_related("location", "calendar")

    @admin.display(description="Accuracy")
    def found_column(self, service: LocationService) -> str:
        """What routing rules may ask for, and what it comes from."""
        missed = words.count(self.num_missed(service), "unit")
        return f"{words.percent(service.accuracy)} of units asked for were found, last 90 days; {missed} missed in 30 days"

    @admin.display(description="Orders a day")
    def capacity_column(self, service: LocationService) -> str:
        """No limit where none is set."""
        return "no limit" if service.capacity is None else f"{service.capacity:,}"

    @admin.display(description="Working days")
    def weekdays_column(self, service: LocationService) -> str:
        """Days of the week in words."""
        return said_days(service.weekdays)

    @admin.display(description="A parcel costs")
    def parcel_column(self, service: LocationService) -> SafeString | str:
        """Before the way and the weight are added."""
        fixed = service.shipping_base + service.handling_per_parcel
        more = [
            f"{amount:,.2f} {what}"
            for amount, what in (
                (service.shipping_per_100km, "per 100 km"),
                (service.shipping_per_kg, "per kg"),
                (service.handling_per_unit, "per unit"),
            )
            if amount
        ]
        if not fixed and not more:
            return "not stated"
        return words.two_lines(f"{fixed:,.2f}", f"and {', '.join(more)}" if more else "")

    @admin.display(description="Accuracy")
    def accuracy_column(self, service: LocationService) -> str:
        """Units found of units asked for."""
        return words.percent(service.accuracy)

    @admin.display(description="Missed, 30 days")
    def num_missed(self, service: LocationService) -> int:
        """Units that were not there as the figure said."""
        return self.month.get(service.location_id, {}).get("missed", 0)

    @admin.display(description="Given, 30 days")
    def num_orders(self, service: LocationService) -> int | str:
        """Orders counted against its days; nobody counts where there is no limit."""
        if service.capacity is None:
            return "–"
        return self.month.get(service.location_id, {}).get("given", 0)
