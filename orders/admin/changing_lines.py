"""The lines on the page of an order change; an order of thousands opens as fast as one of ten."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q

from inventory import queries as stock
from orders.admin import page as order_page
from orders.forms import changing as forms
from orders.models import Order, OrderChangeStep, OrderLine


def fields(
    order: Order, asked: Mapping[str, str], steps: Iterable[OrderChangeStep] = ()
) -> dict[str, Any]:
    """Rows of the page, at most LINES_SHOWN, and above them in `kept` each that the steps edit.

    `asked` says which rows: `lines` is the page, `line` a part of a SKU or name. An order that
    fits on one page has its edited lines where they are.
    """
    edits: dict[int | None, list[dict[str, Any]]] = {}
    for step in steps:
        edits.setdefault(step.line_id, []).append(step.values)
    wanted = asked.get("line", "").strip()
    lines = order.lines.select_related("product").order_by("position")
    count = order.lines.count()
    large = count > order_page.LINES_SHOWN
    edited = list(lines.filter(pk__in=edits)) if large else []
    found = lines.filter(Q(sku__icontains=wanted) | Q(name__icontains=wanted))
    others = found.exclude(pk__in=[line.pk for line in edited])
    page = Paginator(others, order_page.LINES_SHOWN).get_page(asked.get("lines"))
    shown = list(page.object_list)
    free = _available([*edited, *shown])
    return {
        "kept": [_row(order, line, edits[line.pk], free) for line in edited],
        "rows": [_row(order, line, edits.get(line.pk, ()), free) for line in shown],
        "line_page": page,
        "line_count": count,
        "line_search": large,
    }


def _available(lines: Iterable[OrderLine]) -> dict[str, int]:
    free: dict[str, int] = {}
    for level in stock.availability({line.product.sku for line in lines if line.product}):
        free[level.sku] = free.get(level.sku, 0) + level.available
    return free


def _row(
    order: Order, line: OrderLine, edits: Sequence[Mapping[str, Any]], free: Mapping[str, int]
) -> dict[str, Any]:
    line.order = order
    available = free.get(line.product.sku, 0) if line.product else None
    return forms.shown_line(line, edits) | {"available": available}
