"""What the lists of fulfilment share: the location filter, and tabs with counts."""

from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from oms.admin.listing import COUNT_SECONDS, StatusFilter, tabs

__all__ = ["PlaceFilter", "StatusFilter", "tabs"]


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
