"""How often a location finds what its stock figure says; routing may ask for a minimum."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from inventory.models import LocationDay, LocationService
from inventory.operations.routing import network_changed
from oms.history import stamp
from oms.querysets import put

WINDOW_DAYS = 90
LEAST = Decimal("0.000001")  # a busy location misses a few units among a million
TRUSTED_UNITS = 50  # units believed found before anything is known, so that one miss is no verdict


def record_found(location_id: int, units: int) -> None:
    """Count units that a picker found; one statement, the row is made once a day."""
    if units > 0:
        _count(location_id, found=units)


@transaction.atomic
def record_missed(location_id: int, units: int) -> Decimal:
    """Count units that were not there as the figure said; returns the lowered accuracy.

    Accuracy is the share of units found among those asked for in the last 90 days, with 50 found
    units to begin with. The rules in force see it at once.
    """
    service = _locked(location_id)
    _count(location_id, missed=units)
    score = accuracy_of(location_id)
    _set(service, score)
    network_changed()
    return score


@transaction.atomic
def refresh_accuracy() -> int:
    """Say anew how often locations are right, as misses become older than the window; returns changes."""
    changed = 0
    for service in _rows().filter(accuracy__lt=1).order_by("pk"):
        score = accuracy_of(service.location_id)
        if score != service.accuracy:
            _set(service, score)
            changed += 1
    if changed:
        network_changed()
    return changed


def accuracy_of(location_id: int) -> Decimal:
    """The share of units found, over the window."""
    since = timezone.now().date() - timedelta(days=WINDOW_DAYS)
    sums = LocationDay.objects.filter(location_id=location_id, day__gte=since).aggregate(
        found=Sum("found"), missed=Sum("missed")
    )
    found, missed = (sums["found"] or 0) + TRUSTED_UNITS, sums["missed"] or 0
    return (Decimal(found) / (found + missed)).quantize(LEAST)


def _rows() -> QuerySet[LocationService]:
    """Rows that nobody else changes from what they read before."""
    return LocationService.objects.select_for_update(of=("self",))


def _locked(location_id: int) -> LocationService:
    """What routing knows of the location; the row is made where there is none."""
    service, _, _ = put(_rows(), _make, location_id=location_id)
    return service


def _make(service: LocationService) -> bool:
    if service.pk is None:
        stamp(service, by="consumer:look_into_misses", reason="Units were not found")
        service.save()
    return False


def _set(service: LocationService, score: Decimal) -> None:
    """Counted, not decided: it changes every night and leaves no row in the history."""
    LocationService.objects.filter(pk=service.pk).update(accuracy=score)


def _count(location_id: int, *, found: int = 0, missed: int = 0) -> None:
    key = {"location_id": location_id, "day": timezone.now().date()}
    more = {"found": F("found") + found, "missed": F("missed") + missed}
    if not LocationDay.objects.filter(**key).update(**more):
        LocationDay.objects.bulk_create([LocationDay(**key)], ignore_conflicts=True)
        LocationDay.objects.filter(**key).update(**more)
