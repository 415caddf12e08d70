"""CSV as banks and carriers write it: a preamble, a header, and amounts in their own spelling."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import IO, Any

LARGEST = 50_000_000  # bytes; a month of a very busy account
PREAMBLE = 40  # rows in which a header may begin
SAMPLE = 200  # rows by which a layout is guessed
DELIMITERS = (";", ",", "\t", "|")
DATES = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%m/%d/%Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%Y%m%d",
)
DATE_WORDS = {
    "%Y-%m-%d": "2026-11-30",
    "%d.%m.%Y": "30.11.2026",
    "%d/%m/%Y": "30/11/2026",
    "%d-%m-%Y": "30-11-2026",
    "%m/%d/%Y": "11/30/2026",
    "%d.%m.%y": "30.11.26",
    "%d/%m/%y": "30/11/26",
    "%Y%m%d": "20261130",
}


class NotReadable(Exception):
    """The file is not what it should be, in a sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV is written: `columns` gives the header of each meaning."""

    columns: dict[str, str] = field(default_factory=dict)
    delimiter: str = ";"
    decimal: str = ","
    dates: str = DATES[0]

    def as_data(self) -> dict[str, Any]:
        """For keeping."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Layout":
        """As it was kept."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a file below its header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def named(self, layout: Layout) -> Iterator[tuple[int, dict[str, str]]]:
        """Position from 1, and cells by meaning. Raises NotReadable where a column is missing."""
        at = {}
        for meaning, title in layout.columns.items():
            if title not in self.header:
                raise NotReadable(f"There is no column {title!r} in this file.")
            at[meaning] = self.header.index(title)
        for position, row in enumerate(self.rows, start=1):
            yield position, {m: row[i].strip() if i < len(row) else "" for m, i in at.items()}


def text_of(content: IO[bytes]) -> str:
    """The content as text: UTF-8, or else as Windows writes western Europe. Raises NotReadable."""
    data = content.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise NotReadable("The file is larger than 50 MB; send it in parts.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def table_of(text: str, layout: Layout) -> Table:
    """The table that has every column of a layout in its header. Raises NotReadable."""
    rows = _rows(text, layout.delimiter)
    wanted = set(layout.columns.values())
    for index, row in enumerate(rows[:PREAMBLE]):
        header = tuple(cell.strip() for cell in row)
        if wanted and wanted <= set(header):
            return Table(header, tuple(each for each in rows[index + 1 :] if any(each)))
    missing = sorted(wanted - {cell.strip() for row in rows[:PREAMBLE] for cell in row})
    named = ", ".join(missing) or "the header"
    raise NotReadable(f"The file has no column {named}; say anew what its columns mean.")


def guess(
    text: str, synonyms: dict[str, Sequence[str]], amounts: Iterable[str]
) -> tuple[Layout, Table]:
    """The likeliest layout, by words that are known for each meaning. Raises NotReadable."""
    best = max((_reading(text, mark, synonyms) for mark in DELIMITERS), key=lambda found: found[0])
    score, delimiter, columns, table = best
    if not score:
        table = Table(*_first_table(text, delimiter))
    sample = Table(table.header, table.rows[:SAMPLE])
    cells = [row for _, row in sample.named(Layout(columns))]
    money = [row[name] for row in cells for name in amounts if row.get(name)]
    dates = [row["date"] for row in cells if row.get("date")]
    return Layout(columns, delimiter, _decimal(money), _dates(dates)), table


def choices_of(table: Table, *, hidden: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Columns to choose from, each with its first cell, so that one knows it again; none comes first.

    Of `hidden` columns no cell is shown, as they name people.
    """
    found = [("", "–")]
    for at, title in enumerate(table.header):
        cells = (row[at].strip() for row in table.rows[:SAMPLE] if len(row) > at)
        first = "" if title in hidden else next((cell for cell in cells if cell), "")
        found.append((title, f"{title} (such as {first[:40]})" if first else title))
    return [(title, label) for title, label in found if title or label == "–"]


def amount_of(text: str, decimal: str) -> Decimal:
    """An amount as people write it: 1.204,50 or (12.00) or 12,00- or 5 CR. Raises NotReadable."""
    plain = text.strip().upper().replace("\N{MINUS SIGN}", "-")
    negative = plain.startswith("(") or "-" in plain or plain.endswith(("DR", "D"))
    digits = re.sub(rf"[^\d{re.escape(decimal)}]", "", plain).replace(decimal, ".")
    try:
        amount = Decimal(digits)
    except InvalidOperation as broken:
        raise NotReadable(f"{text[:40]!r} is no amount.") from broken
    return -amount if negative else amount


def day_of(text: str, form: str) -> date:
    """A day. Raises NotReadable."""
    try:
        return datetime.strptime(text.strip()[:10].strip(), form).date()  # noqa: DTZ007 (a day)
    except ValueError as broken:
        raise NotReadable(f"{text[:40]!r} is no day like {DATE_WORDS.get(form, form)}.") from broken


def _reading(
    text: str, delimiter: str, synonyms: dict[str, Sequence[str]]
) -> tuple[int, str, dict[str, str], Table]:
    found: tuple[int, str, dict[str, str], Table] = (0, delimiter, {}, Table((), ()))
    rows = _rows(text, delimiter)
    for index, row in enumerate(rows[:PREAMBLE]):
        header = tuple(cell.strip() for cell in row)
        columns = _meanings(header, synonyms)
        if len(columns) > found[0]:
            below = tuple(each for each in rows[index + 1 :] if any(each))
            found = (len(columns), delimiter, columns, Table(header, below))
    return found


def _meanings(header: Sequence[str], synonyms: dict[str, Sequence[str]]) -> dict[str, str]:
    by_word = {_word(title): title for title in reversed(header) if title}
    found: dict[str, str] = {}
    for meaning, words in synonyms.items():
        for word in words:
            if word in by_word and by_word[word] not in found.values():
                found[meaning] = by_word[word]
                break
    return found


def _first_table(text: str, delimiter: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    rows = [row for row in _rows(text, delimiter) if any(row)]
    if not rows:
        raise NotReadable("The file is empty.")
    widest = max(len(row) for row in rows[:PREAMBLE])
    at = next(index for index, row in enumerate(rows) if len(row) == widest)
    return tuple(cell.strip() for cell in rows[at]), tuple(rows[at + 1 :])


def _rows(text: str, delimiter: str) -> list[tuple[str, ...]]:
    try:
        return [tuple(row) for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as broken:
        raise NotReadable(f"The file is no CSV: {broken}.") from broken


def _word(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", title.casefold()).strip()


def _decimal(cells: Sequence[str]) -> str:
    """The mark before the last one or two digits, of most amounts that have one."""
    ends = [found[1] for cell in cells if (found := re.search(r"([.,])\d{1,2}\D*$", cell))]
    return "," if ends.count(",") > ends.count(".") else "."


def _dates(cells: Sequence[str]) -> str:
    def fits(form: str) -> bool:
        try:
            return bool([day_of(cell, form) for cell in cells])
        except NotReadable:
            return False

    return next((form for form in DATES if cells and fits(form)), DATES[0])
