"""How long a parcel travels from a location to a destination, by an editable table."""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.enums import Reach
from inventory.models import Location, TransitTime
from inventory.queries.places import Destination, distance_km

UNKNOWN_DAYS = 7  # where the table is empty


@dataclass(frozen=True, slots=True)
class Way:
    """A row of the table."""

    reach: str
    country: str
    beyond_km: int
    days: int


def ways() -> list[Way]:
    """The whole table: a few dozen rows."""
    rows = TransitTime.objects.order_by("pk")
    return [Way(*row) for row in rows.values_list("reach", "country", "beyond_km", "days")]


def transit_days(location: Location, destination: Destination, table: Sequence[Way]) -> int:
    """Days from leaving the location to arriving; a way of unknown length counts as short."""
    abroad = bool(destination.country) and destination.country != location.country
    reach = Reach.ABROAD if abroad else Reach.DOMESTIC
    length = distance_km(destination, location.latitude, location.longitude) or 0
    fitting = [
        way
        for way in table
        if way.reach == reach
        and way.country in {"", destination.country}
        and way.beyond_km <= length
    ]
    best = max(fitting, key=lambda way: (way.country != "", way.beyond_km), default=None)
    return best.days if best else UNKNOWN_DAYS
