"""Files of orders: begun, placed, ended; the upload forgotten as soon as nothing needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from django.db import models, transaction
from django.utils import timezone

from oms import events, jobs, numbers, sealed_files
from oms.errors import DomainError
from oms.models import Job
from orders.models import Channel, ImportBatch, ImportedOrder
from orders.operations.placing import Placed, PlacedOrder, place

UPLOAD_KEPT = timedelta(days=7)  # time to mend what was left out
FOLDER = "imports"
SYSTEM = "system:imports"


class UploadGone(DomainError):
    """The file was forgotten: everything of it was placed, its time is over, or a person was erased."""

    code = "upload_gone"
    message = "The file of {number} is no longer kept; send it again."


class ImportRunning(DomainError):
    """A worker has the file in hand."""

    code = "import_running"
    message = "{number} is still being read."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading a file came to, in orders; `rows` of it went in, `left_out` is told in the report."""

    rows: int
    known: int
    failed: int
    left_out: int
    would_place: int = 0


@transaction.atomic
def begin_import(
    channel: Channel, content: IO[bytes], *, by: str, form: str, profile: str, dry_run: bool
) -> ImportBatch:
    """Seal an uploaded file and have a worker read it; nothing in clear stays on any disk."""
    upload, size = sealed_files.keep(content, FOLDER)
    batch = ImportBatch.objects.create(
        number=numbers.take("import")[0],
        channel=channel,
        profile=profile,
        form=form,
        size=size,
        upload=upload,
        created_by=by,
    )

    _put_in_line(batch, by=by, dry_run=dry_run)
    events.record("import.begun", batch, by=by, dry_run=dry_run, size=size)
    return batch


@transaction.atomic
def begin_local_import(channel: Channel, *, by: str, form: str, profile: str) -> ImportBatch:
    """Begin an import whose file lies on the disk of whoever runs the command, and stays theirs."""
    batch = ImportBatch.objects.create(
        number=numbers.take("import")[0],
        channel=channel,
        profile=profile,
        form=form,
        created_by=by,
    )
    events.record("import.begun", batch, by=by, dry_run=False, size=0)
    return batch


@transaction.atomic
def read_again(batch: ImportBatch, *, by: str) -> ImportBatch:
    """Read a kept file again and place what can be placed now; what was placed is recognised.

    After a dry run this is the import itself. Raises UploadGone and ImportRunning.
    """
    batch = _locked(batch)
    if not batch.upload:
        raise UploadGone(number=batch.number)
    if is_running(batch):
        raise ImportRunning(number=batch.number)

    _put_in_line(batch, by=by, dry_run=False)
    events.record("import.begun", batch, by=by, dry_run=False, size=batch.size)
    return batch


@transaction.atomic
def place_imported(batch: ImportBatch, placed: Sequence[PlacedOrder], *, by: str) -> list[Placed]:
    """Place orders of a file like `place`, and write down with each that the file placed it."""
    results = place(batch.channel, placed, by=by)
    ImportedOrder.objects.bulk_create(
        ImportedOrder(batch=batch, order=result.order) for result in results if result.created
    )
    return results


@transaction.atomic
def finish_import(batch: ImportBatch, *, by: str, outcome: Outcome) -> ImportBatch:
    """Write down what reading came to. The upload goes at once when nothing was left out."""
    batch = _locked(batch)
    batch.rows, batch.known, batch.failed = outcome.rows, outcome.known, outcome.failed
    batch.left_out, batch.would_place = outcome.left_out, outcome.would_place
    batch.finished_at = timezone.now()
    batch.save()
    events.record(
        "import.finished", batch, by=by, dry_run=batch.dry_run,
        placed=batch.orders.count(), known=batch.known, failed=batch.failed,
    )  # fmt: skip
    if not batch.dry_run and not outcome.left_out:
        _forget(batch, by=by, why="all of it was placed")
    return batch


@transaction.atomic
def link_undo(batch: ImportBatch, job: Job) -> ImportBatch:
    """Write down the run that takes the orders of a file back; a new one replaces it."""
    batch = _locked(batch)
    batch.undo = job
    batch.save(update_fields=["undo"])
    return batch


@transaction.atomic
def forget_upload(batch: ImportBatch, *, by: str, why: str) -> ImportBatch:
    """Delete the kept file of an import. Raises UploadGone and ImportRunning."""
    batch = _locked(batch)
    if not batch.upload:
        raise UploadGone(number=batch.number)
    if is_running(batch):
        raise ImportRunning(number=batch.number)
    return _forget(batch, by=by, why=why)


def is_running(batch: ImportBatch) -> bool:
    """Whether a worker has the file in hand, or will."""
    return batch.job is not None and batch.job.state not in jobs.ENDED


def forget_old_uploads() -> int:
    """Delete the files that nobody mended in time; how many. A chore."""
    return _forget_all(
        ImportBatch.objects.filter(created_at__lt=timezone.now() - UPLOAD_KEPT), "too old"
    )


def forget_uploads_of_the_erased() -> int:
    """Delete every kept file, because one of them may hold rows of a person who was erased.

    Rows that were left out belong to nobody we know, so that none of the files can be told innocent.
    """
    return _forget_all(ImportBatch.objects.all(), "a person was erased")


def _forget_all(batches: models.QuerySet[ImportBatch], why: str) -> int:
    found = list(batches.exclude(upload="").order_by("pk"))
    for batch in found:
        with transaction.atomic():
            _forget(_locked(batch), by=SYSTEM, why=why)
    return len(found)


def _forget(batch: ImportBatch, *, by: str, why: str) -> ImportBatch:
    if not batch.upload:
        return batch
    transaction.on_commit(lambda name=batch.upload: sealed_files.forget(name), robust=True)  # type: ignore[misc]
    batch.upload = ""
    batch.save(update_fields=["upload"])
    events.record("import.upload_forgotten", batch, by=by, reason=why)
    return batch


def _put_in_line(batch: ImportBatch, *, by: str, dry_run: bool) -> None:
    verb = "Dry run" if dry_run else "Import"
    title = f"{verb} {batch.number} into {batch.channel.code}"
    batch.job = jobs.start("import", title, {"batch": batch.pk}, by=by)
    batch.dry_run, batch.finished_at = dry_run, None
    batch.save(update_fields=["job", "dry_run", "finished_at"])


def _locked(batch: ImportBatch) -> ImportBatch:
    rows = ImportBatch.objects.select_related("channel", "job").select_for_update(of=("self",))
    return rows.get(pk=batch.pk)
