"""When a location closes its day: what is released afterwards leaves on another one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from inventory.models import Location


@dataclass(frozen=True, slots=True)
class CutOff:
    """The next moment at which a location closes its day."""

    location: str  # its code
    at: datetime


def next_cut_off(place: Location) -> CutOff | None:
    """The cut-off that comes next by the location's own clock; none where it has none."""
    if place.cutoff is None:
        return None
    now = timezone.now().astimezone(ZoneInfo(place.time_zone))
    day = now.date() if now.time() <= place.cutoff else now.date() + timedelta(days=1)
    return CutOff(place.code, datetime.combine(day, place.cutoff, now.tzinfo))
