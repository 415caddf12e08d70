"""What an import left out, given back in the form of the upload, to be mended and sent again.

Whole orders are given back, so that what is sent again can be placed; a last column says what is
wrong, and is not read when the file comes back.
"""

import csv
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import IO, Any

from orders.adapters.tabular import files, objects
from orders.adapters.tabular.findings import Level
from orders.adapters.tabular.profile import TOLD, Profile

TITLE = TOLD


@dataclass(slots=True)
class LeftOut:
    """Rows and orders that a report calls left out, with the reasons."""

    rows: dict[int, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)


def left_out(report: IO[str]) -> LeftOut:
    """Read what a report says was left out."""
    found = LeftOut()
    for row in csv.DictReader(report):
        if row["level"] != Level.LEFT_OUT:
            continue
        told = f"{row['code']}: {row['reason'].removeprefix(chr(39))}"
        found.rows.setdefault(int(row["row"]), told)
        if name := row["external_id"].removeprefix(chr(39)):
            found.orders.setdefault(name, "")
    return found


def failed_file(source: files.Source, profile: Profile | None, found: LeftOut) -> IO[bytes]:
    """The file of what was left out, at its beginning and without a name. Raises Unreadable."""
    form = files.form_of(source)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    if form == "json":
        _write_json(file, source, found)
    elif profile is not None and form == "xlsx":
        _write_xlsx(file, _rows(source, profile, found))
    elif profile is not None:
        _write_csv(file, source, profile, found)
    file.seek(0)
    return file


def _rows(source: files.Source, profile: Profile, found: LeftOut) -> Iterator[list[str]]:
    table = files.rows(source, encoding=profile.encoding)
    header = next(table)[1]
    columns = profile.columns_in(header)
    at = columns["external_id"]
    error = header.index(TITLE) if TITLE in header else len(header)
    yield [*header[:error], TITLE]
    for number, cells in table:
        name = cells[at].strip() if at < len(cells) else ""
        if number in found.rows or name in found.orders:
            row = (cells + [""] * len(header))[:error]
            yield [*row, found.rows.get(number, "")]


def _write_csv(file: IO[bytes], source: files.Source, profile: Profile, found: LeftOut) -> None:
    text = TextIOWrapper(file, encoding=profile.encoding, newline="")  # type: ignore[type-var]
    parted = files.delimiter(source, encoding=profile.encoding)
    csv.writer(text, delimiter=parted).writerows(_rows(source, profile, found))
    text.detach()


def _write_xlsx(file: IO[bytes], rows: Iterator[list[str]]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("orders")
    for row in rows:
        sheet.append([_text(sheet, value) for value in row])
    book.save(file)


def _text(sheet: Any, value: str) -> Any:
    """A cell that is text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell


def _write_json(file: IO[bytes], source: files.Source, found: LeftOut) -> None:
    wanted = []
    for at, raw in objects.raws(source):
        if at in found.rows or objects.id_of(raw) in found.orders:
            try:
                order = json.loads(raw)
            except ValueError:
                order = raw.decode(errors="replace")
            order = order if isinstance(order, dict) else {"sent": order}
            wanted.append(order | {TITLE: found.rows.get(at, "")})
    file.write(json.dumps(wanted, ensure_ascii=False, indent=2).encode())
