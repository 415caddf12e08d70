"""The order list: saved views, filters, search, and columns filled by a fixed number of queries."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.core.cache import cache
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.views import ChangeList

from customers import queries as customers
from inventory import queries as stock
from orders.admin import sealed
from orders.enums import Stage
from orders.models import Channel, Hold, Order, OrderLine
from orders.queries.hold_types import hold_names

FOUND = 500  # rows that one way of searching may bring
COUNT_STOPS_AT = 100
COUNT_SECONDS = 15


class OrderChangeList(ChangeList):
    """Loads what the columns need for the fifty rows of a page, not row by row."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of orders, each with its units, open holds and buyer's name."""
        super().get_results(request)
        orders = list(self.result_list)
        now = timezone.now()
        units, held, names = units_of(orders), held_kinds(orders), sealed.names(request, orders)
        for order in orders:
            order.now = now  # type: ignore[attr-defined]
            order.units, order.line_count = units.get(order.pk, (0, 0))  # type: ignore[attr-defined]
            order.held = held.get(order.pk, [])  # type: ignore[attr-defined]
            order.buyer = names.get(order.pk, "")  # type: ignore[attr-defined]
        self.result_list = orders  # type: ignore[assignment]


def units_of(orders: Iterable[Order]) -> dict[int, tuple[int, int]]:
    """Units wanted and number of lines, by order."""
    rows = OrderLine.objects.filter(order__in=[order.pk for order in orders]).values_list(
        "order_id"
    )
    totals = rows.annotate(units=Sum(F("quantity") - F("cancelled")), lines=Count("pk"))
    return {order_id: (units, lines) for order_id, units, lines in totals.order_by()}


def held_kinds(orders: Iterable[Order]) -> dict[int, list[str]]:
    """Kinds of the open holds, by order."""
    kinds: dict[int, list[str]] = {}
    rows = Hold.objects.filter(order__in=[order.pk for order in orders], lifted_at=None)
    for order_id, name in rows.order_by("pk").values_list("order_id", "type__name"):
        kinds.setdefault(order_id, []).append(name)
    return kinds


# --- Saved views ------------------------------------------------------------------------------


def _stage(stage: Stage) -> Any:
    return lambda rows: rows.filter(stage=stage)


VIEWS: dict[str, tuple[str, Any]] = {
    "": ("All", lambda rows: rows),
    "hold": ("On hold", _stage(Stage.VALIDATION)),
    "pay": ("To pay", _stage(Stage.PAYMENT)),
    "allocate": ("To allocate", _stage(Stage.ALLOCATION)),
    "ship": ("To ship", _stage(Stage.FULFILMENT)),
    "late": ("Late", lambda rows: rows.late(timezone.now())),
}


class ViewFilter(SimpleListFilter):
    """The saved views; drawn as tabs over the list, not among the filters."""

    title = "view"
    parameter_name = "view"
    template = "admin/orders/order/no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every view but the first, which is no filter."""
        return [(name, title) for name, (title, _rows) in VIEWS.items() if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """The rows of the chosen view."""
        return VIEWS.get(self.value() or "", VIEWS[""])[1](queryset)


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The saved views with how many orders wait in each, at most 99+."""
    here = request.GET.get("view", "")
    return [
        {"title": title, "query": f"?view={name}" if name else "?", "here": here == name}
        | {"count": _count(name) if name else ""}
        for name, (title, _rows) in VIEWS.items()
    ]


def _count(name: str) -> str:
    key = f"orders:view:{name}"
    count = cache.get(key)
    if count is None:
        count = VIEWS[name][1](Order.objects.order_by())[:COUNT_STOPS_AT].count()
        cache.set(key, count, COUNT_SECONDS)
    return f"{COUNT_STOPS_AT - 1}+" if count >= COUNT_STOPS_AT else str(count or "")


# --- Filters ----------------------------------------------------------------------------------


class HoldFilter(DropdownFilter):
    """Orders with an open hold of a kind."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        """Every kind of hold."""
        return list(hold_names())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Orders that this kind stops."""
        if not self.value():
            return queryset
        held = Hold.objects.filter(type=self.value(), lifted_at=None)
        return queryset.filter(pk__in=held.values("order_id"))


class CountryFilter(TextFilter):
    """Ship-to country by its two letters."""

    title = "country (two letters)"
    parameter_name = "country"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Orders that go there."""
        value = (self.value() or "").strip().upper()
        return queryset.filter(ship_country=value) if value else queryset


class ImportFilter(TextFilter):
    """Orders that one file placed, by the number of its import."""

    title = "import (number)"
    parameter_name = "import"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """What came out of that file."""
        value = (self.value() or "").strip().upper()
        return queryset.filter(imported__batch__number=value) if value else queryset


class ChannelFilter(DropdownFilter):
    """Orders of a channel, by its code."""

    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every channel, active or not."""
        return list(Channel.objects.order_by("name").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Orders that came through it."""
        return queryset.filter(channel__code=self.value()) if self.value() else queryset


# --- Search -----------------------------------------------------------------------------------


def search(request: HttpRequest, rows: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Orders by number, the channel's number, SKU, or the buyer's e-mail, phone or name.

    Each way is asked by itself, on its own index, and brings keys; one query over all of them
    would read the whole table. Who types a number of ours means that order.
    """
    term = term.strip()
    if not term:
        return rows
    keys = _newest(Order.objects.filter(number__startswith=term.upper()))
    if not keys:
        wanted = {term, term.upper()}
        keys = _newest(Order.objects.filter(channel__in=_channels(), external_id__in=wanted))
        keys |= _with_sku(wanted)
        if sealed.may_read(request):
            people = list(customers.find_subjects(term).values_list("pk", flat=True)[:FOUND])
            keys |= _newest(Order.objects.filter(subject__in=people)) if people else set()
    return rows.filter(pk__in=keys)


def _newest(orders: QuerySet[Order]) -> set[int]:
    return set(orders.order_by("-pk").values_list("pk", flat=True)[:FOUND])


def _with_sku(skus: set[str]) -> set[int]:
    products = stock.product_ids(skus)
    lines = OrderLine.objects.filter(product__in=products).order_by("-pk")
    return set(lines.values_list("order_id", flat=True)[:FOUND]) if products else set()


def _channels() -> list[int]:
    return list(Channel.objects.values_list("pk", flat=True))
