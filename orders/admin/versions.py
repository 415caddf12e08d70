"""What an order once was: the card of its versions, and the page that compares two."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from oms import words
from orders.admin import sealed
from orders.enums import ChangeStatus
from orders.models import Order, OrderVersion
from orders.queries.versions import (
    Difference,
    address_differences,
    addresses_of,
    differences,
    versions_of,
)


def card(order: Order) -> dict[str, Any]:
    """The versions with who, when and why, newest first, and changes that wait as drafts."""
    versions = list(order.versions.select_related("change").defer("content").order_by("-number"))
    drafts = list(order.changes.filter(status=ChangeStatus.DRAFT).order_by("-pk"))
    names = words.names_of([*(row.by for row in versions), *(row.created_by for row in drafts)])
    return {
        "versions": [{"version": row, "who": names[row.by]} for row in versions],
        "drafted": [{"change": row, "who": names[row.created_by]} for row in drafts],
        "change_page": reverse("admin:orders_order_change_page", args=[order.pk]),
        "versions_page": reverse("admin:orders_order_versions", args=[order.pk]),
    }


def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Any two versions (`?a=1&b=3`), by default the last two."""
    if not request.user.has_perms(["orders.view_order", "orders.view_orderversion"]):
        raise PermissionDenied
    order = get_object_or_404(Order.objects.select_related("channel", "subject"), pk=pk)
    versions = versions_of(order)
    if not versions:
        raise Http404
    first, second = _chosen(request, versions)
    names = words.names_of(row.by for row in versions)
    context = {
        **admin.site.each_context(request),
        "title": f"Versions of {order.number}",
        "order": order,
        "versions": [{"version": row, "who": names[row.by]} for row in versions],
        "first": first,
        "second": second,
        "differences": [
            *_addresses(request, order, first, second),
            *differences(first.content, second.content),
        ],
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/orders/change/versions.html", context)


def _addresses(
    request: HttpRequest, order: Order, first: OrderVersion, second: OrderVersion
) -> list[Difference]:
    """What differs in where it goes; only that something does for those who may not read it."""
    before, after = addresses_of([first, second])
    if before == after:
        return []
    if not sealed.may_read(request):
        return [Difference("Address", "not shown", "another, not shown")]
    sealed.looked_at(request, order)
    return address_differences(before, after)


def _chosen(
    request: HttpRequest, versions: list[OrderVersion]
) -> tuple[OrderVersion, OrderVersion]:
    by_number = {str(row.number): row for row in versions}
    second = by_number.get(request.GET.get("b", ""), versions[-1])
    before = versions[max(versions.index(second) - 1, 0)]
    return by_number.get(request.GET.get("a", ""), before), second
