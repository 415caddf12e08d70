"""Stock changes from a file: one row per SKU and location."""

from datetime import date
from typing import Any

import tablib
from django import forms

from inventory.enums import MovementKind, Tracking
from inventory.models import Location, Product
from inventory.operations import Change, InLot
from oms.admin import ActForm

COLUMNS = ("sku", "location", "quantity")
MOST_ROWS = 10_000
MOST_ERRORS = 20


class StockFileForm(ActForm):
    """A CSV or XLSX file with the columns sku, location, quantity and, if wanted, reference.

    Rows of tracked products name their lot or serial number, and may say when it expires.
    """

    kind = forms.ChoiceField(
        choices=[
            (MovementKind.RECEIVED, "Received: quantities come in"),
            (MovementKind.ADJUSTED, "Adjusted: signed quantities"),
        ]
    )
    reason = forms.CharField(max_length=200, help_text="Stands on every movement of the file.")
    file = forms.FileField(
        help_text=f"CSV or XLSX with the columns {', '.join(COLUMNS)}; reference may be added, "
        "for tracked products lot and expires_on."
    )

    def clean_file(self) -> tablib.Dataset:
        """The rows, or a sentence about why the file cannot be read."""
        file = self.cleaned_data["file"]
        try:
            rows = _read(file)
        except Exception as error:
            raise forms.ValidationError(f"Not a CSV or XLSX file: {error}", code="file") from error
        rows.headers = [str(name or "").strip().lower() for name in rows.headers or []]
        if missing := [name for name in COLUMNS if name not in rows.headers]:
            raise forms.ValidationError(f"Columns missing: {', '.join(missing)}", code="columns")
        if not 0 < len(rows) <= MOST_ROWS:
            raise forms.ValidationError(f"A file has 1 to {MOST_ROWS} rows.", code="rows")
        return rows

    def clean(self) -> dict[str, Any]:
        """All rows must be good; `changes` is what the operation takes."""
        data = super().clean() or {}
        if "file" in data and "kind" in data:
            changes, errors = _changes(data["file"].dict, data["kind"], data.get("reason", ""))
            if errors:
                raise forms.ValidationError(errors[:MOST_ERRORS], code="row")
            data["changes"] = changes
        return data


def _read(file: Any) -> tablib.Dataset:
    if file.name.lower().endswith(".xlsx"):
        return tablib.Dataset().load(file.read(), format="xlsx")
    return tablib.Dataset().load(file.read().decode("utf-8-sig"), format="csv")


def _changes(rows: list[dict[str, Any]], kind: str, reason: str) -> tuple[list[InLot], list[str]]:
    skus = {str(row["sku"]).strip() for row in rows}
    products = Product.objects.in_bulk(skus, field_name="sku")
    places = Location.objects.in_bulk(
        {str(row["location"]).strip() for row in rows}, field_name="code"
    )
    code = "other" if kind == MovementKind.ADJUSTED else ""
    changes, errors = [], []
    for number, row in enumerate(rows, start=2):
        product = products.get(str(row["sku"]).strip())
        place = places.get(str(row["location"]).strip())
        quantity = _whole(row["quantity"])
        if not product or not place or not quantity or (kind == "received" and quantity < 0):
            errors.append(f"Row {number}: {row['sku']} at {row['location']}: {row['quantity']}")
            continue
        reference = str(row.get("reference") or "")[:80]
        change = Change(product.pk, place.pk, quantity, kind, reference, reason, reason_code=code)
        try:
            changes.append(_in_lot(change, product, row))
        except ValueError as error:
            errors.append(f"Row {number}: {row['sku']}: {error}")
    return changes, errors


def _in_lot(change: Change, product: Product, row: dict[str, Any]) -> InLot:
    """The change with the lot that the row names. Raises ValueError where it does not fit."""
    code = str(row.get("lot") or "").strip()
    if bool(code) != (product.tracking != Tracking.NONE):
        msg = f"{code} is a lot, but it has none" if code else "which lot or serial number?"
        raise ValueError(msg)
    return InLot(change, code[:64], _day(row.get("expires_on")))


def _day(value: object) -> date | None:
    """A day as spreadsheets and files give it."""
    if value in {None, ""}:
        return None
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        msg = f"{value} is no day; write 2027-01-31"
        raise ValueError(msg) from None


def _whole(value: object) -> int:
    try:
        return int(str(value).strip())
    except ValueError:
        return 0
