"""Small questions that pages of other apps ask."""

from collections.abc import Iterable

from inventory.models import Location


def location_codes(ids: Iterable[int]) -> dict[int, str]:
    """Codes of locations by id, for telling people where."""
    return dict(Location.objects.filter(pk__in=set(ids)).values_list("pk", "code"))
