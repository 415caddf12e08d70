"""Where buyers may collect what they ordered."""

from collections.abc import Collection

from inventory.models import Location


def pickup_places(codes: Collection[str]) -> dict[str, Location]:
    """Active locations that offer pickup, by code; one statement, none for no codes."""
    if not codes:
        return {}
    rows = Location.objects.filter(code__in=codes, is_active=True, service__offers_pickup=True)
    return {row.code: row for row in rows}


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
