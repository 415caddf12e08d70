"""Reading a rule set and the network it speaks of; a handful of statements once per version."""

from collections import defaultdict
from datetime import date, timedelta

from django.utils import timezone

from inventory.models import Holiday, Location, LocationGroup, LocationService, RoutingRule
from inventory.queries.sourcing.asked import PLAIN, Service
from inventory.queries.sourcing.rules import Rule, Rules, rule_from


def read(pk: int) -> Rules:
    """The rules of a set in order, and how each location serves."""
    rows = RoutingRule.objects.filter(rule_set=pk).order_by("position")
    return Rules(pk, (*map(rule_from, rows), Rule()), network())


def network() -> dict[int, Service]:
    """How every location serves, with its groups and the holidays from last month on."""
    groups: dict[int, set[str]] = defaultdict(set)
    for location, code in LocationGroup.objects.values_list("locations", "code"):
        groups[location].add(code)
    holidays = _holidays()
    services = {row.location_id: row for row in LocationService.objects.all()}
    return {
        location: _service(services.get(location), frozenset(groups[location]), holidays)
        for location in Location.objects.values_list("pk", flat=True)
    }


def _holidays() -> dict[int, set[date]]:
    since = timezone.now().date() - timedelta(days=400)
    found: dict[int, set[date]] = defaultdict(set)
    for calendar, day in Holiday.objects.filter(day__gte=since).values_list("calendar", "day"):
        found[calendar].add(day)
    return found


def _service(
    row: LocationService | None, groups: frozenset[str], holidays: dict[int, set[date]]
) -> Service:
    if row is None:
        return Service(groups=groups) if groups else PLAIN
    return Service(
        groups=groups,
        capacity=row.capacity,
        weekdays=row.weekdays,
        holidays=frozenset(holidays.get(row.calendar_id or 0, ())),
        lead_days=row.lead_days,
        shipping_base=row.shipping_base,
        shipping_per_100km=row.shipping_per_100km,
        shipping_per_kg=row.shipping_per_kg,
        handling_per_parcel=row.handling_per_parcel,
        handling_per_unit=row.handling_per_unit,
        accuracy=row.accuracy,
    )
