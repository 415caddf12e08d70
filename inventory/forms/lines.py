"""Lines of products on a form: found, scanned or pasted; each a row that tells what is wrong with it.

The page adds rows by `inventory.admin.lines`; without a script the box for pasting takes them all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.urls import reverse

from inventory.models import Location, Supplier
from inventory.queries import LineFacts, line_facts, products_by_code
from oms import words
from oms.money import plain

MOST_LINES = 500
MOST_UNITS = 10**9
MOST_MONEY = 10**12
HEADINGS = {"sku", "code", "barcode", "product", "item", "article"}
FACTS = ("source", "location", "supplier")  # fields of the form that rows are told of


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the lines of a document hold, and who may put them together."""

    name: str
    permission: str
    has_quantity: bool = True
    has_price: bool = False
    place: str = ""  # the field of the form whose location's stock a row shows
    place_label: str = ""

    @property
    def columns(self) -> int:
        """How many cells a pasted line has at most."""
        return 1 + self.has_quantity + self.has_price


TRANSFER = Sheet("transfer", "inventory.move_between_locations", place="source", place_label="Free at the source")  # fmt: skip
PURCHASE = Sheet("purchase", "inventory.buy", has_price=True, place="location", place_label="Free there now")  # fmt: skip
COUNT = Sheet("count", "inventory.plan_count", has_quantity=False)  # blind: no figures
SHEETS = {sheet.name: sheet for sheet in (TRANSFER, PURCHASE, COUNT)}


@dataclass(frozen=True, slots=True)
class Typed:
    """A line as somebody wrote it."""

    code: str
    quantity: str = ""
    price: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line with what is known of its product, or with what is wrong."""

    typed: Typed
    facts: LineFacts | None = None
    units: int = 1
    price: Decimal | None = None
    problem: str = ""

    @property
    def is_short(self) -> bool:
        """Whether more is asked for than the place has."""
        return self.facts is not None and self.facts.free is not None and self.units > self.facts.free  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """Of which location and supplier rows are told."""

    at: Location | None = None
    supplier: Supplier | None = None


class LinesWidget(forms.Widget):
    """A finder, the rows, and a box for lines from a spreadsheet."""

    class Media:
        js = (Script("oms/finder.js", defer=True), Script("oms/lines.js", defer=True))

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet, self.about, self.fixed = sheet, About(), ""

    def id_for_label(self, id_: str) -> str:
        """The label leads to the finder."""
        return id_

    def value_from_datadict(self, data: Any, _files: Any, name: str) -> list[Typed]:
        """The rows of the page, then what is pasted."""
        return [*sent(data, name), *parse(data.get(name) or "", self.sheet)]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None  # noqa: ARG002
    ) -> Any:  # fmt: skip
        """As HTML."""
        context = {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "sheet": self.sheet,
            "rows": self.rows(value or ()),
            "columns": self.sheet.columns,
            "find": reverse("admin:inventory_lines_find", args=[self.sheet.name]) + self.fixed,
            "more": reverse("admin:inventory_lines_rows", args=[self.sheet.name]) + self.fixed,
        }
        return render_to_string("admin/inventory/lines/widget.html", context)

    def rows(self, value: Sequence[Typed]) -> list[Row]:
        """The lines, looked up and checked."""
        return looked_up(value, self.sheet, self.about)


class LinesField(forms.Field):
    """(product id, quantity, price) of every line; the price is none where nobody wrote one."""

    widget: LinesWidget

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(label="Products", widget=LinesWidget(sheet))
        self.error_messages["required"] = "Add a product first."

    def clean(self, value: list[Typed]) -> list[tuple[int, int, Decimal | None]]:
        """Every line, or how many cannot be taken; which, their rows say."""
        super().clean(value)
        if len(value) > MOST_LINES:
            raise ValidationError(f"At most {MOST_LINES} lines.")
        rows = self.widget.rows(value)
        if wrong := sum(bool(row.problem) for row in rows):
            verb = "needs" if wrong == 1 else "need"
            raise ValidationError(f"{words.count(wrong, 'line')} {verb} a look: see below the SKU.")
        return [(row.facts.product.pk, row.units, row.price) for row in rows if row.facts]


def look(form: forms.Form, **fixed: int) -> None:
    """Let the rows of a form be told of what it names, or of what its document fixes."""
    widget: Any = form.fields["lines"].widget
    widget.about = about(widget.sheet, fixed or form.data)
    widget.fixed = "?" + "&".join(f"{name}={pk}" for name, pk in fixed.items()) if fixed else ""


def about(sheet: Sheet, data: Mapping[str, Any]) -> About:
    """Location and supplier by the fields of a form that is being filled in."""

    def pk(name: str) -> int | None:
        text = str(data.get(name) or "")
        return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004

    at = Location.objects.filter(pk=pk(sheet.place)).first() if sheet.place else None
    supplier = Supplier.objects.filter(pk=pk("supplier")).first() if sheet.has_price else None
    return About(at, supplier)


def sent(data: Any, name: str) -> list[Typed]:
    """The rows that a page sent."""

    def column(part: str) -> list[str]:
        values = data.getlist(f"{name}-{part}") if hasattr(data, "getlist") else ()
        return [value.strip() for value in values]

    codes, quantities, prices = column("code"), column("quantity"), column("price")
    return [
        Typed(
            code,
            quantities[index] if index < len(quantities) else "",
            prices[index] if index < len(prices) else "",
        )
        for index, code in enumerate(codes)
    ]


def parse(text: str, sheet: Sheet) -> list[Typed]:
    """Lines of SKU or barcode, quantity and price, as typed or as a spreadsheet's cells."""
    if not sheet.has_quantity:
        return [Typed(code) for code in re.split(r"[\s,;]+", text) if code]
    lines = [_cells(line) for line in text.splitlines()]
    lines = [cells for cells in lines if any(cells)]
    if lines and lines[0][0].casefold() in HEADINGS and not "".join(lines[0][1:2]).isdecimal():
        del lines[0]
    return [
        Typed(*cells) if len(cells) <= sheet.columns else Typed(" ".join(cells)) for cells in lines
    ]


def _cells(line: str) -> list[str]:
    cells = re.split(r"[\t;]", line) if re.search(r"[\t;]", line.strip()) else line.split()
    cells = [cell.strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def looked_up(typed: Sequence[Typed], sheet: Sheet, known: About) -> list[Row]:
    """What is known of each line, and what is wrong with it."""
    ids = products_by_code(line.code for line in typed if "\0" not in line.code)
    facts = line_facts(set(ids.values()), at=known.at, supplier=known.supplier)
    return [_row(line, facts.get(ids.get(line.code, 0)), sheet) for line in typed]


def proposed(rows: Sequence[Row], known: About) -> list[Row]:
    """The rows with the least quantity and the likely price where nothing was written."""
    currency = known.supplier.currency if known.supplier else ""
    return [_filled(row, currency) for row in rows]


def _filled(row: Row, currency: str) -> Row:
    if row.facts is None:
        return row
    units = row.typed.quantity or str(row.facts.least)
    cost = row.facts.cost
    price = row.typed.price or (plain(cost, currency) if cost is not None and currency else "")
    problem = row.problem if row.typed.quantity else ""
    shown = int(units) if units.isdecimal() else row.units
    return Row(Typed(row.typed.code, units, price), row.facts, shown, row.price, problem)


def _row(typed: Typed, facts: LineFacts | None, sheet: Sheet) -> Row:
    if facts is None:
        return Row(typed, problem=f"There is no product {typed.code}.")
    try:
        units = _units(typed.quantity, facts) if sheet.has_quantity else 1
        return Row(typed, facts, units, _price(typed.price) if sheet.has_price else None)
    except ValueError as error:
        return Row(typed, facts, problem=str(error))


def _units(text: str, facts: LineFacts) -> int:
    if not text:
        raise ValueError("Say how many.")
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) <= MOST_UNITS:
        raise ValueError(f"{text} is no quantity.")
    units, offer = int(text), facts.offer
    if offer and not offer.fits(units):
        raise ValueError(
            f"Sold in packs of {offer.pack_size}, at least {offer.minimum}: "
            f"{offer.rounded_up(units)} is possible."
        )
    return units


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"{text} is no price.") from None
    if not price.is_finite() or not 0 <= price < MOST_MONEY:
        raise ValueError(f"{text} is no price.")
    return price
