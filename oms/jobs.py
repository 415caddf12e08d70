"""Long work that somebody waits for: started in a transaction, run by a worker, shown while it runs.

`oms.wiring.JOBS` names the runner of each kind; a runner takes the job, does the work in small
transactions of its own, and reports with `progress`, `row` and `attach`. A worker may be killed in
the middle: the job then starts again from the beginning, so a runner must be repeatable. Somebody
may stop it: `progress` then raises Stopped, and what was not begun is left as it was.
"""

import logging
import time
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import IO, Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task, task_backends
from django_tasks_db import DatabaseBackend

from oms import events
from oms.errors import DomainError
from oms.models import Job, JobRow, JobState, RowState

logger = logging.getLogger(__name__)

EVERY_SECONDS = 0.5  # progress is written no more often
MOST_ROWS = 1_000  # results kept one by one; the rest is counted
ROWS_KEPT = timedelta(days=90)  # rows of runs; their jobs stay
PROGRESS = ["done", "total", "failed", "results"]
MOVING = (JobState.WAITING, JobState.RUNNING)
ENDED = (JobState.DONE, JobState.FAILED, JobState.STOPPED)


class UnknownKind(DomainError):
    """No runner is wired for this kind of job."""

    code = "unknown_job_kind"
    message = "There is no job of the kind {kind}."


class JobEnded(DomainError):
    """Nothing is left to stop."""

    code = "job_ended"
    message = "{title} has ended."


class NothingLeft(DomainError):
    """Every row was begun, the job has not ended yet, or it was undone."""

    code = "nothing_left"
    message = "{title} has no rows left to do."


class Stopped(Exception):
    """Somebody asked the job to end; told to its runner by `progress`."""


@transaction.atomic
def start(kind: str, title: str, params: dict[str, Any], *, by: str) -> Job:
    """Record a job and put it in line, both or neither. Raises UnknownKind.

    `params` are ids and plain values, never personal data.
    """
    runner(kind)
    job = Job.objects.create(kind=kind, title=title, params=params, created_by=by)

    _put_in_line(job)
    return job


@transaction.atomic
def start_one(kind: str, title: str, *, by: str) -> Job:
    """The job of this kind that has not ended, or else a new one: two would do the same work twice.

    Who comes second waits for the last job's row, and then finds the new one. Raises UnknownKind.
    """
    rows = Job.objects.filter(kind=kind)
    rows.order_by("-pk").select_for_update().first()

    return rows.filter(state__in=MOVING).first() or start(kind, title, {}, by=by)


@transaction.atomic
def stop(job: Job, *, by: str) -> Job:
    """Have a job end before it is done; what was not begun is left. Raises JobEnded.

    A job that nobody has begun ends at once, one in hand within a second.
    """
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state in ENDED:
        raise JobEnded(title=job.title)

    job.stopped_by = by
    job.save(update_fields=["stopped_by"])
    if job.state == JobState.WAITING:
        _end(job, JobState.STOPPED, "")
    return job


@transaction.atomic
def go_on(job: Job, *, by: str) -> Job:
    """Have a run that was stopped, or that broke, do the rows it has not begun.

    Raises NothingLeft, also for a run that was taken back: its undo knows nothing of later rows.
    """
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state not in ENDED or not has_rows_left(job) or hasattr(job, "undone_by"):
        raise NothingLeft(title=job.title)

    job.state, job.error, job.stopped_by, job.finished_at = JobState.WAITING, "", "", None
    job.save(update_fields=["state", "error", "stopped_by", "finished_at"])
    events.record("job.resumed", job, by=by)
    _put_in_line(job)
    return job


def has_rows_left(job: Job) -> bool:
    """Whether rows of a run were never begun."""
    return job.rows.filter(state=RowState.WAITING).exists()


def progress(job: Job, done: int, total: int | None = None) -> None:
    """Say how far the work is; written at most twice a second. Raises Stopped."""
    job.done = done
    if total is not None:
        job.total = total
    if time.monotonic() - getattr(job, "_written", 0.0) >= EVERY_SECONDS:
        _write(job)
        if Job.objects.filter(pk=job.pk).exclude(stopped_by="").exists():
            raise Stopped


def row(job: Job, name: str, *, ok: bool, message: str = "") -> None:
    """Say what became of one row; failures are kept even when successes no longer fit."""
    if not ok:
        job.failed += 1
    if len(job.results) < MOST_ROWS:
        job.results.append({"row": name, "ok": ok, "message": message})
    elif not ok:
        _replace_success(job, name, message)


def attach(job: Job, name: str, content: IO[Any]) -> None:
    """Keep a file for whoever started the job; its name holds no personal data."""
    job.result_file.save(name, File(content), save=False)
    job.save(update_fields=["result_file"])


def runner(kind: str) -> Any:
    """The function that does jobs of this kind. Raises UnknownKind."""
    path = import_module("oms.wiring").JOBS.get(kind)
    if path is None:
        raise UnknownKind(kind=kind)
    return import_string(path)


@task()
def run(pk: int) -> None:
    """Do a job, by a worker. An error ends the job and is told without what it was about."""
    job = Job.objects.get(pk=pk)
    if job.state in ENDED:
        return
    _begin(job)
    try:
        runner(job.kind)(job)
    except Stopped:
        _end(job, JobState.STOPPED, "")
    except DomainError as error:
        _end(job, JobState.FAILED, error.detail)
    except Exception as error:
        logger.exception("job %s of kind %s failed", job.public_id, job.kind)
        _end(job, JobState.FAILED, f"{type(error).__name__}; the log says more.")
    else:
        _end(job, JobState.DONE, "")


def give_up(pk: int) -> None:
    """End a job whose workers died one after the other."""
    job = Job.objects.filter(pk=pk).exclude(state__in=ENDED).first()
    if job is not None:
        _end(job, JobState.FAILED, "Its worker died several times; the log says more.")


def forget_old() -> int:
    """Delete the rows of runs that ended long ago; how many. Their jobs stay, with the counts."""
    old = JobRow.objects.filter(job__finished_at__lt=timezone.now() - ROWS_KEPT)
    return old.delete()[0]


def _put_in_line(job: Job) -> None:
    enqueue = partial(run.enqueue, job.pk)
    if isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], DatabaseBackend):
        enqueue()  # a row in this very transaction
    else:
        transaction.on_commit(enqueue)


def _begin(job: Job) -> None:
    job.state, job.error, job.results = JobState.RUNNING, "", []
    job.done = job.failed = 0
    job.save(update_fields=["state", "error", *PROGRESS])


def _end(job: Job, state: JobState, error: str) -> None:
    job.state, job.error, job.finished_at = state, error, timezone.now()
    if state == JobState.DONE:
        job.done = job.total = max(job.done, job.total)
    job.save(update_fields=["state", "error", "finished_at", *PROGRESS])


def _write(job: Job) -> None:
    job.save(update_fields=PROGRESS)
    job._written = time.monotonic()  # type: ignore[attr-defined]  # noqa: SLF001


def _replace_success(job: Job, name: str, message: str) -> None:
    for index in range(len(job.results) - 1, -1, -1):
        if job.results[index]["ok"]:
            del job.results[index]
            job.results.append({"row": name, "ok": False, "message": message})
            return
