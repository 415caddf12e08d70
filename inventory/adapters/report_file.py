"""Inventory reports as files: CSV or XLSX, one row a SKU, as warehouse systems export them."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tablib
from django.utils import timezone

from inventory.enums import StockCondition
from inventory.operations import ReportNotPossible
from inventory.queries import Stated

# What a column may be called; the first one found counts.
NAMES = {
    "sku": ("sku", "item", "item_code", "product", "article"),
    "quantity": ("quantity", "qty", "on_hand", "onhand", "units", "stock"),
    "condition": ("condition", "state", "status"),
}
DIGITS = 18  # of a quantity; more are refused as too many units
NOT_A_NUMBER = -1  # an impossible quantity: the row is refused with its line, the others go on


def read(name: str, content: bytes) -> list[Stated]:
    """The rows of a file; `row` is the line a person would look up. Raises ReportNotPossible."""
    try:
        table = _table(content)
    except Exception as error:
        raise ReportNotPossible(reason=f"{Path(name).name} is no CSV or XLSX file.") from error
    headers = [
        str(header or "").strip().lower().replace(" ", "_") for header in table.headers or []
    ]
    at = {what: _column(headers, names) for what, names in NAMES.items()}
    if missing := [what for what in ("sku", "quantity") if at[what] is None]:
        raise ReportNotPossible(reason=f"Columns missing: {', '.join(missing)}.")
    return [
        _stated(number, row, at)
        for number, row in enumerate(table, start=2)
        if any(value not in {None, ""} for value in row)
    ]


def known_by(name: str, content: bytes, as_of: datetime | None) -> str:
    """A reference for a file whose sender gives none: its name, its content and its moment.

    A warehouse where nothing moved sends the same rows again; without a moment the day tells them
    apart, so that a file sent twice by mistake is known and tomorrow's is not.
    """
    said = hashlib.sha256(content).hexdigest()[:16]
    moment = as_of.astimezone(UTC).isoformat(timespec="seconds")[:19] if as_of else ""
    return f"{Path(name).name[:40]} {said} {moment or timezone.localdate().isoformat()}"


def _table(content: bytes) -> tablib.Dataset:
    if content[:4] == b"PK\x03\x04":
        return tablib.Dataset().load(content, format="xlsx")
    text = content.decode("utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    return tablib.Dataset().load(text, format="csv", delimiter=delimiter)


def _column(headers: list[str], names: tuple[str, ...]) -> int | None:
    return next((headers.index(name) for name in names if name in headers), None)


def _stated(number: int, row: Any, at: dict[str, int | None]) -> Stated:
    def value(what: str) -> str:
        index = at[what]
        return "" if index is None else str(row[index] if row[index] is not None else "").strip()

    condition = value("condition").lower() or StockCondition.AVAILABLE
    return Stated(number, value("sku")[:64], _whole(value("quantity")), condition)


def _whole(text: str) -> int:
    """Units; `12.0` is how spreadsheets write 12."""
    plain = text.replace("\u00a0", "").replace(" ", "")
    plain = plain.removesuffix(".0")
    if not (plain.isascii() and plain.isdigit()):
        return NOT_A_NUMBER
    return int(plain) if len(plain) <= DIGITS else 10**DIGITS
