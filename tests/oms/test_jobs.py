import pytest
from django_tasks_db.models import DBTaskResult

from oms import jobs, wiring
from oms.dispatch import drain
from oms.models import Job, JobState
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

    with django_assert_num_queries(1):
        for number in range(100):
            jobs.progress(job, number, 100)
