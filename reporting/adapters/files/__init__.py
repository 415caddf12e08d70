"""Files that people open in a spreadsheet: written row by row, in flat memory.

Both forms make sure that text from outside is shown and never run: a value such as `=HYPERLINK(...)`
stays text. Times are UTC without a zone, as spreadsheets know no zones; column titles say so.
"""

import csv
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

ROWS_A_SHEET = 1_000_000  # Excel ends at 1,048,576
RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n")
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Writer(Protocol):
    """Something that takes rows and ends as a file."""

    def write(self, rows: Iterable[list[Any]]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Finish the file."""


class CsvFile:
    """CSV in UTF-8 with a mark by which Excel knows it (RFC 4180 otherwise)."""

    def __init__(self, path: Path, titles: list[str]) -> None:
        self.file = path.open("w", encoding="utf-8-sig", newline="")
        self.writer = csv.writer(self.file)
        self.writer.writerow(titles)

    def write(self, rows: Iterable[list[Any]]) -> None:
        """Add rows; text that a spreadsheet would run gets an apostrophe before it."""
        self.writer.writerows([_csv_value(value) for value in row] for row in rows)

    def close(self) -> None:
        """Finish the file."""
        self.file.close()


class XlsxFile:
    """An Excel workbook; a new sheet begins where Excel's would end."""

    def __init__(self, path: Path, titles: list[str]) -> None:
        self.path, self.titles = path, titles
        self.book = Workbook(write_only=True)
        self.sheets = self.rows = 0
        self._next_sheet()

    def write(self, rows: Iterable[list[Any]]) -> None:
        """Add rows."""
        for row in rows:
            if self.rows >= ROWS_A_SHEET:
                self._next_sheet()
            self.sheet.append([_xlsx_value(value, self.sheet) for value in row])
            self.rows += 1

    def close(self) -> None:
        """Finish the file."""
        self.book.save(self.path)

    def _next_sheet(self) -> None:
        self.sheets += 1
        self.rows = 0
        self.sheet: Any = self.book.create_sheet(f"Rows {self.sheets}")
        self.sheet.freeze_panes = "A2"
        for index, title in enumerate(self.titles, start=1):
            width = min(max(len(title) + 2, 12), 30)
            self.sheet.column_dimensions[get_column_letter(index)].width = width
        self.sheet.append([self._title(title) for title in self.titles])

    def _title(self, title: str) -> WriteOnlyCell:
        cell = WriteOnlyCell(self.sheet, title)
        cell.font = Font(bold=True)
        return cell


def _csv_value(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(RUNNABLE) else value
    if isinstance(value, datetime):
        return _plain(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else value


def _xlsx_value(value: Any, sheet: Any) -> Any:
    if isinstance(value, str):
        text = UNWRITABLE.sub("", value)
        if not text.startswith(RUNNABLE):
            return text
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # text, whatever it begins with
        return cell
    return _plain(value) if isinstance(value, datetime) else value


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
