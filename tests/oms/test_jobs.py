from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from oms import jobs, wiring
from oms.dispatch import drain, tasks
from oms.models import Job, JobRow, JobState
from tests.oms.conftest import HERE


@pytest.fixture(autouse=True)
def wired(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    names = ("three_rows", "many_rows", "refused", "broken", "with_file")
    monkeypatch.setattr(wiring, "JOBS", {name: f"{HERE}.{name}" for name in names})


def run(kind, **params):
    job = jobs.start(kind, "A piece of work", params, by="user:1")
    drain()
    job.refresh_from_db()
    return job


def test_start_records_the_job_and_puts_it_in_line(db):
    job = jobs.start("three_rows", "Count rows", {"day": "2026-11-23"}, by="user:1")

    assert (job.state, job.created_by, job.params) == (
        JobState.WAITING,
        "user:1",
        {"day": "2026-11-23"},
    )
    assert DBTaskResult.objects.get().args_kwargs == {"args": [job.pk], "kwargs": {}}


def test_start_of_an_unknown_kind_is_refused(db):
    with pytest.raises(jobs.UnknownKind):
        jobs.start("nothing", "Nothing", {}, by="user:1")

    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_run_keeps_progress_and_a_result_per_row(db):
    job = run("three_rows")

    assert (job.state, job.done, job.total, job.failed) == (JobState.DONE, 3, 3, 1)
    assert job.results[1] == {"row": "row 2", "ok": False, "message": "too small"}
    assert job.finished_at


def test_run_keeps_a_thousand_rows_and_every_failure(db):
    job = run("many_rows")

    assert (job.done, job.failed, len(job.results)) == (1200, 3, 1000)
    assert sum(not row["ok"] for row in job.results) == 3


def test_run_that_is_refused_says_why(db):
    job = run("refused")

    assert (job.state, job.error) == (JobState.FAILED, "Not before 9 o'clock.")


def test_run_that_breaks_keeps_no_personal_data(db):
    job = run("broken")

    assert (job.state, job.error) == (JobState.FAILED, "ValueError; the log says more.")
    assert "ada@example.com" not in DBTaskResult.objects.get().traceback


def test_run_attaches_a_file(db):
    job = run("with_file")

    assert job.result_file.read() == b"sku,quantity\nMUG,1\n"


def test_run_of_a_finished_job_does_nothing(db):
    job = run("three_rows")

    jobs.run.call(job.pk)

    job.refresh_from_db()
    assert len(job.results) == 3


def test_progress_is_written_twice_a_second_at_most(db, django_assert_num_queries):
    job = Job.objects.create(kind="x", title="x", created_by="user:1")

    with django_assert_num_queries(2):  # one tells, one asks whether somebody stops it
        for number in range(100):
            jobs.progress(job, number, 100)


def test_stop_of_a_waiting_job_ends_it_before_it_begins(db):
    job = jobs.start("three_rows", "Count rows", {}, by="user:1")

    jobs.stop(job, by="user:2")
    drain()

    job.refresh_from_db()
    assert (job.state, job.stopped_by, job.done) == (JobState.STOPPED, "user:2", 0)
    with pytest.raises(jobs.JobEnded):
        jobs.stop(job, by="user:2")
    with pytest.raises(jobs.NothingLeft):
        jobs.go_on(job, by="user:2")


def test_stop_of_a_job_in_hand_is_told_to_its_runner(db, monkeypatch):
    monkeypatch.setattr(jobs, "EVERY_SECONDS", 0)
    job = jobs.start("three_rows", "Count rows", {}, by="user:1")
    Job.objects.update(state=JobState.RUNNING, stopped_by="user:2")

    jobs.run.call(job.pk)

    job.refresh_from_db()
    assert (job.state, job.results) == (JobState.STOPPED, [])


def test_job_whose_workers_died_time_and_again_is_given_up(db):
    job = jobs.start("three_rows", "Count rows", {}, by="user:1")
    dead = {"status": "RUNNING", "worker_ids": ["a", "b", "c"]}
    DBTaskResult.objects.update(started_at=timezone.now(), **dead)
    Job.objects.update(state=JobState.RUNNING)

    tasks.recover()

    job.refresh_from_db()
    assert (job.state, bool(job.error)) == (JobState.FAILED, True)


def test_rows_of_old_runs_are_forgotten_and_their_jobs_stay(db):
    old, new = (Job.objects.create(kind="act", title="x", created_by="user:1") for _ in range(2))
    JobRow.objects.bulk_create(JobRow(job=job, key=1) for job in (old, new))
    Job.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=91))

    assert jobs.forget_old() == 1
    assert [row.job for row in JobRow.objects.all()] == [new]
    assert Job.objects.count() == 2
