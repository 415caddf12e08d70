"""When a location closes its day: what is released afterwards leaves on another one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone

from inventory.models import Location
from inventory.queries.promise import leaves_on
from inventory.queries.sourcing.asked import Service
from inventory.queries.sourcing.reading import network


@dataclass(frozen=True, slots=True)
class CutOff:
    """The next moment at which a location closes its day."""

    location: str  # its code
    at: datetime


def next_cut_offs(places: Iterable[Location]) -> list[CutOff]:
    """The cut-off that comes next on a working day of each location, by its own clock.

    Locations without a cut-off are left out.
    """
    closing = [(place, place.cutoff) for place in places if place.cutoff is not None]
    if not closing:
        return []
    services, now = network(), timezone.now()
    return [_next(place, at, now, services[place.pk]) for place, at in closing]


def _next(place: Location, at: time, now: datetime, service: Service) -> CutOff:
    day = leaves_on(place, now, replace(service, lead_days=0))  # work given now is closed that day
    return CutOff(place.code, datetime.combine(day, at, ZoneInfo(place.time_zone)))
