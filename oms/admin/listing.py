"""What lists of documents share: a status filter drawn as tabs with counts."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

COUNT_STOPS_AT = 1_000
COUNT_SECONDS = 15


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
    request: HttpRequest,
    model: Any,
    shown: Sequence[tuple[str, str]],
    at: str = "location",
    field: str = "status",
) -> list[dict[str, Any]]:
    """One tab per status, with at most 999+ documents; `at` is the field of their location.

    `field` is that of their status, and the parameter that filters by it.
    """
    here, place = request.GET.get(field, ""), request.GET.get(at, "")
    known = {value for value, _ in model._meta.get_field(field).choices or ()}  # noqa: SLF001
    keep = f"&{at}={place}" if place else ""
    return [
        {
            "title": title,
            "query": f"?{field}={status}{keep}" if status else f"?{keep[1:]}",
            "here": here == status,
            "count": _count(model, {field: status}, at, place) if status in known else "",
        }
        for status, title in shown
    ]


def _count(model: Any, wanted: dict[str, str], at: str, place: str) -> str:
    said = ",".join(f"{name}={value}" for name, value in wanted.items())
    key = f"tab:{model._meta.label}:{said}:{place}"  # noqa: SLF001 (public)
    count = cache.get(key)
    if count is None:
        rows = model.objects.order_by().filter(**wanted)
        rows = rows.filter(**{f"{at}__code": place}) if place else rows
        count = rows[:COUNT_STOPS_AT].count()
        cache.set(key, count, COUNT_SECONDS)
    return f"{COUNT_STOPS_AT - 1}+" if count >= COUNT_STOPS_AT else str(count or "")
