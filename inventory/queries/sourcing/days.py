"""When work given to a location now leaves it: cut-off, working days, holidays, lead time."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from inventory.queries.sourcing.asked import Day, Service, Site

HORIZON = 370  # days; a calendar without a working day in a year does not end the search


def days_of(sites: Iterable[Site], now: datetime) -> dict[int, Day]:
    """The day for which each location would take work on now."""
    return {site.location_id: day_of(site, now) for site in sites}


def day_of(site: Site, now: datetime) -> Day:
    """The day on which work given now leaves, at the location's own time."""
    local = now.astimezone(ZoneInfo(site.time_zone))
    today = local.date()
    late = site.cutoff is not None and local.time() > site.cutoff
    day = _working(today + timedelta(days=late), site.service)
    for _ in range(site.service.lead_days):
        day = _working(day + timedelta(days=1), site.service)
    return Day(day, (day - today).days)


def _working(day: date, service: Service) -> date:
    """The first working day from this one on."""
    for ahead in range(HORIZON):
        one = day + timedelta(days=ahead)
        if str(one.isoweekday()) in service.weekdays and one not in service.holidays:
            return one
    return day + timedelta(days=HORIZON)
