from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from oms import jobs, wiring
from oms.dispatch import tasks
from oms.dispatch.housekeeping import tidy
from oms.models import Job, JobState, Worker
from tests.oms.conftest import HERE


@pytest.fixture(autouse=True)
def waiting(db, monkeypatch):
    monkeypatch.setattr(wiring, "JOBS", {"three_rows": f"{HERE}.three_rows"})
    return jobs.start("three_rows", "Count", {}, by="user:1")


def hold(*workers, seen=timedelta()):
    """The task is in the hands of the last of these workers."""
    Worker.objects.create(name=workers[-1], seen_at=timezone.now() - seen)
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, worker_ids=list(workers))


def test_run_next_runs_the_task_to_its_end(waiting):
    assert tasks.run_next("here") == 1

    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL
    assert Job.objects.get().state == JobState.DONE
    assert tasks.run_next("here") == 0


def test_recover_leaves_a_living_workers_task_alone():
    hold("there")

    assert tasks.recover() == 0
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING


def test_recover_takes_the_task_of_a_dead_worker_back():
    hold("there", seen=tasks.ALIVE + timedelta(seconds=1))

    assert tasks.recover() == 1

    assert DBTaskResult.objects.get().status == TaskResultStatus.READY
    assert not Worker.objects.exists()
    assert tasks.run_next("here") == 1
    assert Job.objects.get().state == JobState.DONE


def test_recover_takes_the_task_of_an_unknown_worker_back():
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, worker_ids=["gone"])

    assert tasks.recover() == 1


def test_recover_fails_a_task_that_took_three_workers_down():
    hold("one", "two", "three", seen=timedelta(hours=1))

    tasks.recover()

    found = DBTaskResult.objects.get()
    assert (found.status, found.exception_class_path) == (
        TaskResultStatus.FAILED,
        "oms.dispatch.tasks.Lost",
    )


def test_tidy_forgets_finished_tasks_after_a_month(waiting):
    tasks.run_next("here")

    assert tidy() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert tidy() == 1

    assert Job.objects.get().state == JobState.DONE
