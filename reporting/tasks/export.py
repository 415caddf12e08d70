"""Runners of the export jobs: rows in pieces into a file, progress told, the file kept."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth import get_user_model

from oms import jobs
from oms.models import Job
from reporting.adapters.files import CsvFile, Writer, XlsxFile
from reporting.enums import ExportFormat
from reporting.queries import Period, exports, stock_cover
from reporting.queries import ledger as ledgers
from reporting.queries.valuation import TITLES, every_level, level_count

COVER_TITLES = (
    "SKU",
    "Product",
    "On hand",
    "Reserved",
    "Available",
    "Backordered",
    "Ordered in period",
    "Shipped in period",
    "Days of cover",
    "Turns a year",
)
FILES: dict[str, Any] = {ExportFormat.XLSX: XlsxFile, ExportFormat.CSV: CsvFile}


def export(job: Job) -> None:
    """Write the rows of a filtered list, as its reader may see them when the job runs."""
    params = job.params
    what = exports.content(params["label"], params["content"])
    reader = get_user_model().objects.get(pk=params["user"])
    rows = exports.listed(params["label"], params["query"], reader)
    titles = [column.title for column in what.columns]
    jobs.progress(job, 0, rows.order_by().count())
    _write(job, what.key.replace("_", "-"), titles, exports.chunks(rows, what))


def cover(job: Job) -> None:
    """Write stock against demand, every product."""
    now = job.created_at
    report = stock_cover(Period.latest(job.params["days"], now=now), show=None)
    rows = [
        [
            row.sku,
            row.name,
            row.on_hand,
            row.reserved,
            row.available,
            row.backordered,
            row.ordered,
            row.shipped,
            *(None if one is None else round(one, 2) for one in (row.cover, row.turnover)),
        ]
        for row in report.rows
    ]
    jobs.progress(job, 0, len(rows))
    _write(job, "stock-cover", list(COVER_TITLES), [(len(rows), rows)])


def ledger(job: Job) -> None:
    """Write payments and documents of a period."""
    first, last = (date.fromisoformat(job.params[name]) for name in ("first", "last"))
    jobs.progress(job, 0, ledgers.ledger_size(first, last))
    pieces = ((len(rows), rows) for rows in ledgers.ledger(first, last))
    _write(job, "ledger", list(ledgers.TITLES), pieces)


def valuation(job: Job) -> None:
    """Write the value of every level at the end of a day."""
    on = date.fromisoformat(job.params["on"])
    jobs.progress(job, 0, level_count(on))
    pieces = ((len(rows), rows) for rows in every_level(on))
    _write(job, "stock-valuation", list(TITLES), pieces)


def _write(
    job: Job, name: str, titles: list[str], pieces: Iterable[tuple[int, list[list[Any]]]]
) -> None:
    with _file(job, name, titles) as file:
        done = 0
        for taken, rows in pieces:
            file.write(rows)
            done += taken
            jobs.progress(job, done)


@contextmanager
def _file(job: Job, name: str, titles: list[str]) -> Iterator[Writer]:
    """A file in a place of its own, attached to the job when it is complete."""
    form = job.params["form"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{form}"
        file = FILES[form](path, titles)
        yield file
        file.close()
        stamp = job.created_at.strftime("%Y%m%d-%H%M%S")
        with path.open("rb") as content:
            jobs.attach(job, f"{name}-{stamp}.{form}", content)
