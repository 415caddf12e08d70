"""What the lists of fulfilment share: the location filter, and tabs with counts."""

from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.contrib.filters.admin import DropdownFilter

from fulfillment.queries.actions import WORKING
from oms.admin.listing import COUNT_SECONDS, StatusFilter, tabs

__all__ = ["PlaceFilter", "StatusFilter", "WorkFilter", "keep_place", "kept_place", "tabs"]

PLACE = "location"
KEPT = "workplace-{}"  # a signed cookie of each person, so that it outlives the login
KEPT_SECONDS = 365 * 86_400


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
    """To the same list for the location at which this person worked last, where none is named."""
    if PLACE in request.GET or request.method != "GET":
        return None
    name = KEPT.format(request.user.pk)
    place = request.get_signed_cookie(name, "", salt=name, max_age=KEPT_SECONDS)
    if not place:
        return None
    wanted = request.GET.copy()
    wanted[PLACE] = place
    return HttpResponseRedirect(f"?{wanted.urlencode()}")


def keep_place(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the location that a list is looked at for, in this person's browser."""
    if PLACE in request.GET and request.method == "GET":
        name = KEPT.format(request.user.pk)
        response.set_signed_cookie(
            name, request.GET[PLACE][:20], salt=name, max_age=KEPT_SECONDS, httponly=True,
            samesite="Lax", secure=request.is_secure(),
        )  # fmt: skip


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
