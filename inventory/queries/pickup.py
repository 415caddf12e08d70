"""Where buyers may collect what they ordered."""

from collections.abc import Collection
from datetime import timedelta

from inventory.models import Location, LocationService
from inventory.models.service import PICKUP_DAYS


def pickup_places(codes: Collection[str]) -> dict[str, Location]:
    """Active locations that offer pickup, by code; one statement, none for no codes."""
    if not codes:
        return {}
    rows = Location.objects.filter(code__in=codes, is_active=True, service__offers_pickup=True)
    return {row.code: row for row in rows}


def pickup_choices() -> list[tuple[str, str, int]]:
    """Where buyers may collect, by name: code, name, and days that goods are kept for them."""
    rows = Location.objects.filter(is_active=True, service__offers_pickup=True).order_by("name")
    return list(rows.values_list("code", "name", "service__pickup_days"))


def pickup_days(location: Location) -> int:
    """How many days a location, read with its service, keeps goods for their buyer."""
    service = getattr(location, "service", None)
    return service.pickup_days if service else PICKUP_DAYS


def kept_at_counter(location_id: int) -> timedelta:
    """How long a location keeps goods for a buyer who was told that they are ready."""
    days = LocationService.objects.filter(location=location_id).values_list(
        "pickup_days", flat=True
    )
    return timedelta(days=days.first() or PICKUP_DAYS)


def address_of(location: Location) -> dict[str, str]:
    """A location's postal address, as an order has one."""
    return {
        "line1": location.line1 or location.name,
        "line2": location.name if location.line1 else "",
        "city": location.city,
        "region": location.region,
        "postcode": location.postcode,
        "country": location.country,
    }
