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
from reporting.queries import exports
from reporting.queries import ledger as ledgers

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


def ledger(job: Job) -> None:
    """Write payments and documents of a period."""
    first, last = (date.fromisoformat(job.params[name]) for name in ("first", "last"))
    jobs.progress(job, 0, ledgers.ledger_size(first, last))
    pieces = ((len(rows), rows) for rows in ledgers.ledger(first, last))
    _write(job, "ledger", list(ledgers.TITLES), pieces)


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
