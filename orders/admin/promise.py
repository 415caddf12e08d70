"""What the order page says about its promise: the date, what makes it, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oms import words
from orders.enums import PromiseReason
from orders.models import Order, OrderLine, Promise
from orders.queries.promising import told_day

KINDS = {
    "stock": "from stock",
    "purchase_order": "purchase order",
    "transfer": "transfer",
    "return": "return",
    "preorder": "pre-order",
    "none": "nothing in sight",
}
WORSE = {PromiseReason.SUPPLY_SLIPPED, PromiseReason.SUPPLY_LOST, PromiseReason.ALLOCATION_LOST}


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A row of the ledger, in words."""

    promise: Promise
    reason: str
    who: str
    is_worse: bool
    moved: str  # how far from the one before


@dataclass(frozen=True, slots=True)
class PartRow:
    """Units of a line and where they come from."""

    sku: str
    quantity: int
    source: str
    reference: str
    location: str
    ready_on: date | None
    ships_on: date | None


def promise_context(order: Order, lines: Sequence[OrderLine]) -> dict[str, Any]:
    """The promise card: three queries."""
    rows = list(order.promises.order_by("-sequence"))
    names = words.names_of(row.by for row in rows)
    return {
        "promise_rows": [_row(row, names[row.by]) for row in rows],
        "promise_parts": [_part(part) for part in rows[0].made_of] if rows else [],
        "promise_told": told_day(order, lines),
        "promise_arrival": rows[0].arrives_on if rows else None,
    }


def _row(row: Promise, who: str) -> PromiseRow:
    return PromiseRow(
        promise=row,
        reason=words.sentence_case(row.get_reason_display()),
        who=who,
        is_worse=row.reason in WORSE,
        moved=_moved(row.previous_at, row.promised_at),
    )


def _moved(before: datetime | None, after: datetime) -> str:
    if before is None or before == after:
        return ""
    days = (after.date() - before.date()).days
    said = words.count(abs(days), "day")
    return f"{said} later" if days > 0 else f"{said} sooner" if days else ""


def _part(part: dict[str, Any]) -> PartRow:
    return PartRow(
        sku=part["sku"],
        quantity=part["quantity"],
        source=KINDS[part["kind"]],
        reference=part.get("reference", ""),
        location=part.get("location", ""),
        ready_on=_day(part.get("ready_on")),
        ships_on=_day(part.get("ships_on")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
