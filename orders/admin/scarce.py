"""Pages about scarce stock: what is waited for, who gets it next, and moving somebody forward."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from inventory import queries as stock
from oms import words
from oms.admin import actor
from orders import operations
from orders.enums import AllocationCriterion
from orders.forms.promising import HIGHEST
from orders.queries.scarce import LineUp, line_up, scarce_products

PREFIX = "priority-"  # of the fields that say an order's new priority
SHOWN = 200
LONGEST_REASON = 200


def scarce(request: HttpRequest) -> HttpResponse:
    """Products that orders wait for, with what is coming."""
    _require(request, "orders.view_order")
    products = scarce_products()
    arrivals = stock.arrivals(row.product_id for row in products)
    rows = [
        {"product": row, "next": next(iter(arrivals.get(row.product_id, ())), None)}
        for row in products
    ]
    context = {"title": "Waiting for stock", "rows": rows, "now": timezone.now()}
    return _page(request, "admin/orders/scarce.html", context)


def scarce_product(request: HttpRequest, product_id: int) -> HttpResponse:
    """One product's line of waiting orders; a change is shown before it is made."""
    _require(request, "orders.view_order")
    product = stock.product_by_id(product_id)
    if product is None:
        raise Http404
    present = line_up(product_id)
    sent = request.POST if request.method == "POST" else request.GET
    changes = _changes(sent, present)
    if request.method == "POST" and changes:
        _require(request, "orders.set_priority")
        if reason := request.POST.get("reason", "").strip()[:LONGEST_REASON]:
            changed = operations.set_priorities(changes, by=actor(request), reason=reason)
            messages.success(
                request,
                f"{words.count(len(changed), 'order')} moved; promises follow within seconds.",
            )
            return HttpResponseRedirect(reverse("admin:orders_scarce_product", args=[product_id]))
        messages.error(request, "Say why: the reason is kept in the history of each order.")
    shown = line_up(product_id, changes) if changes else present
    return _page(
        request,
        "admin/orders/scarce_product.html",
        {"title": f"Who gets {product.sku}", "product": product, **_line(shown, changes)}
        | _supply(product_id, product.sku)
        | {"may_move": request.user.has_perm("orders.set_priority")},
    )


def _line(shown: LineUp, changes: Mapping[int, int]) -> dict[str, Any]:
    return {
        "line": shown,
        "turns": [_turn(turn, changes) for turn in shown.turns[:SHOWN]],
        "more": max(len(shown.turns) - SHOWN, 0),
        "criteria": [AllocationCriterion(name).label for name in shown.criteria],
        "by_priority": AllocationCriterion.PRIORITY in shown.criteria,
        "changes": [(f"{PREFIX}{order}", priority) for order, priority in changes.items()],
        "kept": sum(turn.keeps for turn in shown.turns),
        "units": sum(turn.waiter.quantity for turn in shown.turns),
    }


def _turn(turn: Any, changes: Mapping[int, int]) -> dict[str, Any]:
    waiter, ships = turn.waiter, turn.gets.ships_by
    promised = waiter.promised_at or waiter.rule_at
    late = (ships.date() - promised.date()).days if ships else 0
    return {
        "turn": turn,
        "waiter": waiter,
        "promised": promised,
        "field": f"{PREFIX}{waiter.order_id}",
        "changed": waiter.order_id in changes,
        "moved": turn.place_before - turn.place,
        "sources": _sources(turn.gets),
        "late": words.count(late, "day") if late > 0 else "",
    }


def _sources(gets: stock.Promised) -> str:
    said = [
        f"{part.quantity} from {part.reference or 'stock'} at {part.location}"
        for part in gets.parts
    ]
    if gets.missing:
        said.append(f"{gets.missing} with nothing in sight")
    return ", ".join(said)


def _supply(product_id: int, sku: str) -> dict[str, Any]:
    return {
        "arrivals": stock.arrivals([product_id]).get(product_id, []),
        "available": sum(row.available for row in stock.availability([sku])),
        "today": timezone.localdate(),
    }


def _changes(sent: Mapping[str, str], present: LineUp) -> dict[int, int]:
    """Priorities that differ from the present ones; a button moves one to the front or the back."""
    now = {turn.waiter.order_id: turn.waiter.priority for turn in present.turns}
    wanted: dict[int, int] = {}
    for order in now:
        text = sent.get(f"{PREFIX}{order}", "").strip()
        if text.removeprefix("-").isdecimal() and abs(int(text[:7])) <= HIGHEST:
            wanted[order] = int(text[:7])
    standing = list((now | wanted).values())
    for button, priority in (
        ("front", max(standing, default=0) + 1),
        ("back", min(standing, default=0) - 1),
    ):
        order_text = sent.get(button, "")
        if order_text.isdecimal() and int(order_text[:18]) in now and abs(priority) <= HIGHEST:
            wanted[int(order_text[:18])] = priority
    return {order: priority for order, priority in wanted.items() if priority != now[order]}


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
