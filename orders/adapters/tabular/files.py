"""Rows of CSV and XLSX files as lists of text, one by one, with the line that a person would look up."""

import csv
import gzip
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import TextIOWrapper
from typing import IO, Any, Protocol

from oms.errors import DomainError

Row = tuple[int, list[str]]


class Source(Protocol):
    """A file that can be opened as often as one likes: a path, or a sealed upload."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def open(self, mode: str) -> IO[Any]:
        """The content from its beginning."""


SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
XLSX_MAGIC = b"PK\x03\x04"
GZIP_MAGIC = b"\x1f\x8b"
COUNT_CHUNK = 1 << 20
JSON_STARTS = (b"[", b"{")
MARK = b"\xef\xbb\xbf"


class Unreadable(DomainError):
    """The file is not a table that can be read."""

    code = "unreadable_file"
    message = "{name} cannot be read: {reason}"


def rows(path: Source, *, encoding: str = "utf-8-sig") -> Iterator[Row]:
    """Every row that is not empty, header included; the kind of file is told by its first bytes.

    Raises Unreadable.
    """
    try:
        if _magic(path).startswith(XLSX_MAGIC):
            yield from _xlsx(path)
        else:
            with path.open("rb") as plain, _text(plain, _magic(path), encoding) as file:
                yield from _csv(file)
    except UnicodeDecodeError as error:
        reason = f"it is not {encoding}; name its encoding in the profile"
        raise Unreadable(name=path.name, reason=reason) from error
    except (OSError, EOFError, csv.Error, zipfile.BadZipFile, KeyError) as error:
        raise Unreadable(name=path.name, reason=str(error)) from error


def row_count(path: Source) -> int | None:
    """About how many rows a file has below its header, for a progress bar.

    None where counting would cost a reading.
    """
    magic = _magic(path)
    if magic.startswith(XLSX_MAGIC):
        return None
    with path.open("rb") as plain:
        file: Any = gzip.GzipFile(fileobj=plain) if magic.startswith(GZIP_MAGIC) else plain
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(COUNT_CHUNK), b""))
        return max(lines - 1, 0)


def form_of(path: Source) -> str:
    """What kind of file it is by its first bytes: csv (also gzipped), xlsx or json."""
    magic = _magic(path).removeprefix(MARK).lstrip()
    if magic.startswith(XLSX_MAGIC):
        return "xlsx"
    return "json" if magic.startswith(JSON_STARTS) else "csv"


def delimiter(path: Source, *, encoding: str) -> str:
    """What parts the columns of a CSV file."""
    with path.open("rb") as plain, _text(plain, _magic(path), encoding) as file:
        return delimiter_of(file)


def _magic(path: Source) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(XLSX_MAGIC))
    except OSError as error:
        raise Unreadable(name=path.name, reason=error.strerror or str(error)) from error


def _text(plain: IO[bytes], magic: bytes, encoding: str) -> IO[str]:
    file: Any = gzip.GzipFile(fileobj=plain) if magic.startswith(GZIP_MAGIC) else plain
    return TextIOWrapper(file, encoding=encoding, newline="")


def _csv(file: IO[str]) -> Iterator[Row]:
    delimiter = delimiter_of(file)
    reader = csv.reader(file, delimiter=delimiter)
    for cells in reader:
        if any(cells):
            yield reader.line_num, cells


def delimiter_of(file: IO[str]) -> str:
    """The candidate that parts the header into most columns."""
    header = file.read(SAMPLE).partition("\n")[0]
    file.seek(0)
    return max(DELIMITERS, key=header.count)


def _xlsx(path: Source) -> Iterator[Row]:
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
