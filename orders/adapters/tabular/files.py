"""Rows of CSV and XLSX files as lists of text, one by one, with the line that a person would look up."""

import csv
import gzip
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from oms.errors import DomainError

Row = tuple[int, list[str]]

SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
XLSX_MAGIC = b"PK\x03\x04"
GZIP_MAGIC = b"\x1f\x8b"
COUNT_CHUNK = 1 << 20


class Unreadable(DomainError):
    """The file is not a table that can be read."""

    code = "unreadable_file"
    message = "{name} cannot be read: {reason}"


def rows(path: Path, *, encoding: str = "utf-8-sig") -> Iterator[Row]:
    """Every row that is not empty, header included; the kind of file is told by its first bytes.

    Raises Unreadable.
    """
    try:
        if _magic(path).startswith(XLSX_MAGIC):
            yield from _xlsx(path)
        else:
            with _text(path, encoding) as file:
                yield from _csv(file)
    except UnicodeDecodeError as error:
        reason = f"it is not {encoding}; name its encoding in the profile"
        raise Unreadable(name=path.name, reason=reason) from error
    except (OSError, EOFError, csv.Error, zipfile.BadZipFile, KeyError) as error:
        raise Unreadable(name=path.name, reason=str(error)) from error


def row_count(path: Path) -> int | None:
    """About how many rows a file has, for a progress bar; none where counting would cost a reading."""
    magic = _magic(path)
    if magic.startswith(XLSX_MAGIC):
        return None
    opener: Any = gzip.open if magic.startswith(GZIP_MAGIC) else open
    with opener(path, "rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(COUNT_CHUNK), b""))


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(XLSX_MAGIC))
    except OSError as error:
        raise Unreadable(name=path.name, reason=error.strerror or str(error)) from error


def _text(path: Path, encoding: str) -> IO[str]:
    if _magic(path).startswith(GZIP_MAGIC):
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _csv(file: IO[str]) -> Iterator[Row]:
    delimiter = _delimiter(file.read(SAMPLE).partition("\n")[0])
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter)
    for cells in reader:
        if any(cells):
            yield reader.line_num, cells


def _delimiter(header: str) -> str:
    """The candidate that parts the header into most columns."""
    return max(DELIMITERS, key=header.count)


def _xlsx(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook

    with path.open("rb") as file:  # by its content: an upload has no name that tells anything
        book = load_workbook(file, read_only=True, data_only=True)
        sheet: Iterable[tuple[Any, ...]] = book.worksheets[0].iter_rows(values_only=True)
        for number, values in enumerate(sheet, start=1):
            cells = [_plain(value) for value in values]
            if any(cells):
                yield number, cells
        book.close()


def _plain(value: Any) -> str:
    """A cell as it would stand in a CSV file: whole numbers without a point, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime, date)):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).strip()
