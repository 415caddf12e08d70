"""Files of prices: rows with SKU, price and quantity, whatever the order of the columns."""

from collections.abc import Iterator

from orders.adapters.tabular.files import Source, Unreadable, rows
from orders.operations.price_lists import PriceRow

TITLES = {
    "sku": ("sku", "product", "article", "item"),
    "unit_price": ("unit_price", "unit price", "price"),
    "from_quantity": ("from_quantity", "from quantity", "from", "min_quantity", "quantity"),
}


def read_prices(file: Source) -> Iterator[PriceRow]:
    """The rows of a CSV or XLSX file, text as it stands there.

    Raises Unreadable, also when the header names no SKU or no price.
    """
    lines = rows(file)
    _, header = next(lines, (0, []))
    at = {meaning: _column(header, titles) for meaning, titles in TITLES.items()}
    if at["sku"] is None or at["unit_price"] is None:
        raise Unreadable(name=file.name, reason="its first row must name sku and unit_price")
    for number, cells in lines:
        found = {
            meaning: cells[column].strip() if column is not None and column < len(cells) else ""
            for meaning, column in at.items()
        }
        if any(found.values()):
            yield PriceRow(number, found["sku"], found["unit_price"], found["from_quantity"] or "1")


def _column(header: list[str], titles: tuple[str, ...]) -> int | None:
    known = [title.strip().casefold() for title in header]
    return next((known.index(title) for title in titles if title in known), None)
