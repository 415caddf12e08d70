"""The lines on the page of an order change; an order of thousands opens as fast as one of ten."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet

from inventory import queries as stock
from orders.admin import page as order_page
from orders.enums import ChangeStep
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
        if step.kind != ChangeStep.SPLIT_OFF:  # its units go elsewhere: no quantity of this order
            edits.setdefault(step.line_id, []).append(step.values)
    lines = order.lines.select_related("product").order_by("position")
    large = order.lines.count() > order_page.LINES_SHOWN
    edited = list(lines.filter(pk__in=edits)) if large else []
    paged = _paged(lines, asked, without=edited)
    shown = list(paged["line_page"].object_list)
    free = _available([*edited, *shown])
    return {
        **paged,
        "kept": [_row(order, line, edits[line.pk], free) for line in edited],
        "rows": [_row(order, line, edits.get(line.pk, ()), free) for line in shown],
        "row_template": "admin/orders/change/line.html",
    }


def to_split(order: Order, asked: Mapping[str, str]) -> dict[str, Any]:
    """Rows of the page that splits units off, at most LINES_SHOWN: lines with units not sent yet."""
    lines = order.lines.filter(quantity__gt=F("cancelled") + F("shipped")).order_by("position")
    paged = _paged(lines, asked)
    rows = [{"line": row, "free": row.due - row.shipped} for row in paged["line_page"].object_list]
    return {**paged, "rows": rows, "row_template": "admin/orders/change/split_line.html"}


def moved(order: Order, steps: Iterable[OrderChangeStep]) -> dict[str, Any]:
    """What a kept draft splits off and brings in; the page sends it back as it is."""
    found = [step for step in steps if step.kind in {ChangeStep.SPLIT_OFF, ChangeStep.MERGE_FROM}]
    lines = order.lines.in_bulk([step.line_id for step in found if step.line_id])
    return {
        "split_off": [
            {"line": lines[step.line_id], "quantity": step.values["quantity"]}
            for step in found
            if step.line_id in lines
        ],
        "brought_in": [step.values["order"] for step in found if "order" in step.values],
    }


def _paged(
    lines: QuerySet[OrderLine], asked: Mapping[str, str], without: Sequence[OrderLine] = ()
) -> dict[str, Any]:
    wanted, count = asked.get("line", "").strip(), lines.count()
    found = lines.filter(Q(sku__icontains=wanted) | Q(name__icontains=wanted))
    others = found.exclude(pk__in=[line.pk for line in without])
    return {
        "line_page": Paginator(others, order_page.LINES_SHOWN).get_page(asked.get("lines")),
        "line_count": count,
        "line_search": count > order_page.LINES_SHOWN,
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
