"""Background tasks of the Django Tasks API, run in this process.

A task is claimed by the name of its worker. When that worker no longer beats, the task is put
back in line, or failed when it has already taken several workers down.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker as Runner
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from oms import jobs
from oms.models import Worker

logger = logging.getLogger(__name__)

BACKEND = "default"
ALIVE = timedelta(seconds=45)  # a worker that has not beaten for so long is dead
MOST_CLAIMS = 3
KEPT = timedelta(days=30)


class Lost(Exception):
    """The worker that had this task died, and so did others before it."""


def run_next(worker: str) -> int:
    """Claim one task and run it to its end; 1 when there was one."""
    if not _ours():
        return 0
    ready = DBTaskResult.objects.ready().filter(backend_name=BACKEND)
    if not ready.exists():
        return 0
    with exclusive_transaction():
        found = ready.get_locked()
        if found is not None:
            found.claim(worker)
    if found is None:
        return 0
    _runner(worker).run_task(found)
    return 1


def recover() -> int:
    """Put tasks of dead workers back in line; how many."""
    if not _ours():
        return 0
    lost = _lost(DBTaskResult.objects.running().filter(backend_name=BACKEND))
    for found in lost:
        if len(found.worker_ids) >= MOST_CLAIMS:
            found.set_failed(Lost())
            _give_up_job(found)
        else:
            rows = DBTaskResult.objects.running().filter(pk=found.pk, worker_ids=found.worker_ids)
            rows.update(status=TaskResultStatus.READY, started_at=None)
    return len(lost)


def forget_old() -> int:
    """Delete finished tasks after a month; how many. Their jobs stay."""
    if not _ours():
        return 0
    old = DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _lost(running: QuerySet[DBTaskResult]) -> list[DBTaskResult]:
    found = list(running)
    if not found:
        return []
    Worker.objects.filter(seen_at__lt=timezone.now() - ALIVE).delete()
    alive = set(Worker.objects.values_list("name", flat=True))
    return [task for task in found if not task.worker_ids or task.worker_ids[-1] not in alive]


def _give_up_job(found: DBTaskResult) -> None:
    if found.task_path == jobs.run.module_path:
        jobs.give_up(*found.args_kwargs["args"])


def _ours() -> bool:
    """Whether tasks are kept in this database rather than with another backend."""
    return str(settings.TASKS[BACKEND]["BACKEND"]).startswith("django_tasks_db.")


def _runner(worker: str) -> Runner:
    return Runner(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name=BACKEND,
        startup_delay=False,
        max_tasks=None,
        worker_id=worker,
        excluded_queue_names=[],
    )
