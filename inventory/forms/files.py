"""Stock changes from a file: one row per SKU and location."""

from typing import Any

import tablib
from django import forms

from inventory.enums import MovementKind
from inventory.models import Location, Product
from inventory.operations import Change
from oms.admin import ActForm

COLUMNS = ("sku", "location", "quantity")
MOST_ROWS = 10_000
MOST_ERRORS = 20


class StockFileForm(ActForm):
    """A CSV or XLSX file with the columns sku, location, quantity and, if wanted, reference."""

    kind = forms.ChoiceField(
        choices=[
            (MovementKind.RECEIVED, "Received: quantities come in"),
            (MovementKind.ADJUSTED, "Adjusted: signed quantities"),
        ]
    )
    reason = forms.CharField(max_length=200, help_text="Stands on every movement of the file.")
    file = forms.FileField(
        help_text=f"CSV or XLSX with the columns {', '.join(COLUMNS)}; reference may be added."
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


def _changes(rows: list[dict[str, Any]], kind: str, reason: str) -> tuple[list[Change], list[str]]:
    products = _keys(Product, "sku", {str(row["sku"]).strip() for row in rows})
    places = _keys(Location, "code", {str(row["location"]).strip() for row in rows})
    changes, errors = [], []
    for number, row in enumerate(rows, start=2):
        product = products.get(str(row["sku"]).strip())
        place = places.get(str(row["location"]).strip())
        quantity = _whole(row["quantity"])
        if not product or not place or not quantity or (kind == "received" and quantity < 0):
            errors.append(f"Row {number}: {row['sku']} at {row['location']}: {row['quantity']}")
            continue
        reference = str(row.get("reference") or "")[:80]
        code = "other" if kind == MovementKind.ADJUSTED else ""
        changes.append(Change(product, place, quantity, kind, reference, reason, reason_code=code))
    return changes, errors


def _keys(model: Any, field: str, values: set[str]) -> dict[str, int]:
    rows = model.objects.filter(**{f"{field}__in": values})
    return dict(rows.values_list(field, "pk"))


def _whole(value: object) -> int:
    try:
        return int(str(value).strip())
    except ValueError:
        return 0
