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
