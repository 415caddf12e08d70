"""What the lists of fulfilment share: the location filter, and tabs with counts."""

from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from unfold.contrib.filters.admin import DropdownFilter

from fulfillment.queries.actions import WORKING
from oms.admin.listing import COUNT_SECONDS, StatusFilter, tabs

__all__ = ["PlaceFilter", "StatusFilter", "WorkFilter", "kept_place", "tabs"]

PLACE = "location"
KEPT = "fulfillment:location"  # in the session of whoever is signed in


class WorkFilter(StatusFilter):
    """Work of one status; none chosen means what is to do, or everything when a number is sought."""

    EVERYTHING = "all"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What is in that status, or to do."""
        if self.value() == self.EVERYTHING or (not self.value() and request.GET.get("q")):
            return queryset
        if not self.value():
            return queryset.filter(status__in=WORKING)
        return super().queryset(request, queryset)


def kept_place(request: HttpRequest) -> HttpResponseRedirect | None:
    """Keep the location that a list is looked at for; to the same list with the one kept before."""
    if PLACE in request.GET:
        request.session[KEPT] = request.GET[PLACE]
        return None
    place = request.session.get(KEPT)
    if request.method != "GET" or not place:
        return None
    wanted = request.GET.copy()
    wanted[PLACE] = place
    return HttpResponseRedirect(f"?{wanted.urlencode()}")


class PlaceFilter(DropdownFilter):
    """Documents of one location."""

    title = "location"
    parameter_name = PLACE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Locations that documents name."""
        rows = model_admin.model.objects.order_by().values_list("location__code", "location__name")
        key = f"fulfillment:places:{model_admin.model.__name__}"
        found = cache.get(key)
        if found is None:
            found = sorted(rows.distinct())
            cache.set(key, found, COUNT_SECONDS)
        return found

    def has_output(self) -> bool:
        """Also for a location that is newer than the choices that were kept: it was asked for."""
        return bool(self.value()) or super().has_output()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What that location does."""
        return queryset.filter(location__code=self.value()) if self.value() else queryset
