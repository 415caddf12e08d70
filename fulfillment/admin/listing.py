"""What the lists of fulfilment share: tabs with counts, the location filter."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

COUNT_STOPS_AT = 1_000
COUNT_SECONDS = 15


class PlaceFilter(DropdownFilter):
    """Documents of one location."""

    title = "location"
    parameter_name = "location"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Locations that documents name."""
        rows = model_admin.model.objects.order_by().values_list("location__code", "location__name")
        key = f"fulfillment:places:{model_admin.model.__name__}"
        found = cache.get(key)
        if found is None:
            found = sorted(rows.distinct())
            cache.set(key, found, COUNT_SECONDS)
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What that location does."""
        return queryset.filter(location__code=self.value()) if self.value() else queryset


class StatusFilter(DropdownFilter):
    """Documents of one status; drawn as tabs over the list."""

    title = "status"
    parameter_name = "status"
    template = "admin/orders/order/no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every status."""
        return list(model_admin.model._meta.get_field("status").choices)  # noqa: SLF001

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What is in that status."""
        return queryset.filter(status=self.value()) if self.value() else queryset


def tabs(
    request: HttpRequest, model: Any, shown: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """One tab per status with how many documents are in it, at most 999+."""
    here = request.GET.get("status", "")
    place = request.GET.get("location", "")
    keep = f"&location={place}" if place else ""
    return [
        {
            "title": title,
            "query": f"?status={status}{keep}" if status else f"?{keep[1:]}",
            "here": here == status,
            "count": _count(model, status, place) if status else "",
        }
        for status, title in shown
    ]


def _count(model: Any, status: str, place: str) -> str:
    key = f"fulfillment:tab:{model.__name__}:{status}:{place}"
    count = cache.get(key)
    if count is None:
        rows = model.objects.order_by().filter(status=status)
        rows = rows.filter(location__code=place) if place else rows
        count = rows[:COUNT_STOPS_AT].count()
        cache.set(key, count, COUNT_SECONDS)
    return f"{COUNT_STOPS_AT - 1}+" if count >= COUNT_STOPS_AT else str(count or "")
