"""Real worker processes, several at once, killed at any moment: nothing lost, nothing twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter as Tally
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from werkzeug import Response

from oms import events, jobs, webhooks, wiring
from oms.models import (
    APART,
    Counter,
    Delivery,
    DeliveryState,
    Event,
    Job,
    JobState,
    WebhookDelivery,
    Worker,
)
from tests.ledgers import assert_ledgers_hold

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

CONSUMERS = {
    "test.done": ["tests.oms.reactions.count", "tests.oms.reactions.follow"],
    "test.more": ["tests.oms.reactions.count", "tests.oms.reactions.follow"],
}


@pytest.fixture(autouse=True)
def wired(monkeypatch):
    monkeypatch.setattr(wiring, "CONSUMERS", {k: tuple(v) for k, v in CONSUMERS.items()})
    monkeypatch.setattr(wiring, "INVARIANTS", ("oms.dispatch.ledger.invariants",))


def start_worker():
    db = connection.settings_dict
    password = f":{db['PASSWORD']}" if db["PASSWORD"] else ""
    url = f"postgresql://{db['USER']}{password}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.oms.worker_settings",
        "TEST_CONSUMERS": json.dumps(CONSUMERS),
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "manage.py", "worker", "--skip-checks"]
    return subprocess.Popen(
        command, cwd=Path(settings.BASE_DIR), env=environment, stdout=subprocess.PIPE
    )


@contextmanager
def workers(count):
    """This many workers, up and running; whatever is left of them ends with the block."""
    running = [start_worker() for _ in range(count)]
    try:
        for process in running:
            assert b"is running" in process.stdout.readline()
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()
            process.stdout.close()


def until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)


def happen(subjects, times):
    for _ in range(times):
        with transaction.atomic():
            for subject in subjects:
                events.record("test.done", subject, by="user:1")
                events.record("test.more", subject, by="user:1")


def make_subjects(count):
    return [Counter.objects.create(name=f"subject {n}") for n in range(count)]


def all_done(expected):
    return (
        Delivery.objects.filter(state=DeliveryState.DONE).count() == expected
        and not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    )


def assert_each_effect_once(subjects, per_subject):
    assert Counter.objects.get(name="count").value == len(subjects) * per_subject
    assert list(Counter.objects.filter(name__startswith="wrong:")) == []
    last = Counter.objects.filter(name__startswith="last:").values_list("value", flat=True)
    assert list(last) == [per_subject] * len(subjects)
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(subjects) * per_subject + 1))
    assert_ledgers_hold()


def test_three_workers_share_the_work_without_doing_it_twice():
    subjects = make_subjects(10)
    with workers(3):
        happen(subjects, 10)
        until(lambda: all_done(400))

    assert_each_effect_once(subjects, 20)


@pytest.mark.slow
def test_workers_killed_in_the_middle_lose_nothing_and_repeat_nothing():
    subjects = make_subjects(10)
    with workers(2) as running:
        for _ in range(4):
            happen(subjects, 5)
            time.sleep(random.uniform(0.05, 0.4))
            victim = running.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            victim.stdout.close()
            running.append(start_worker())
        until(lambda: all_done(800))

    assert_each_effect_once(subjects, 40)


def test_worker_stops_cleanly_when_asked_to():
    with workers(1) as running:
        until(lambda: Worker.objects.count() == 2)
        events, background = Worker.objects.order_by("name").values_list("name", flat=True)
        assert (events.endswith(APART), background.endswith(APART)) == (False, True)
        running[0].terminate()

        assert running[0].wait(timeout=90) == 0  # beside another process of the suite

    assert not Worker.objects.exists()


def test_background_of_a_killed_worker_ends_and_a_lost_one_comes_back():
    with workers(1) as running:
        until(lambda: Worker.objects.count() == 2)
        [child] = psutil.Process(running[0].pid).children()
        child.kill()
        until(lambda: psutil.Process(running[0].pid).children() not in ([], [child]))
        [child] = psutil.Process(running[0].pid).children()
        running[0].kill()
        gone, _ = psutil.wait_procs([child], timeout=20)

    assert gone == [child]


def test_task_of_a_killed_worker_is_run_by_another(monkeypatch):
    monkeypatch.setitem(wiring.JOBS, "slow", "tests.oms.reactions.slow")
    with transaction.atomic():
        job = jobs.start("slow", "Slow", {"seconds": 2}, by="user:1")
    with workers(1):
        until(lambda: Counter.objects.filter(name__startswith="slow:").exists())
    mine = Job.objects.filter(pk=job.pk)  # chores begin jobs, too
    assert mine.get().state == JobState.RUNNING
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=1))

    with workers(1):
        until(lambda: mine.get().state == JobState.DONE)

    assert Counter.objects.filter(name__startswith=f"slow:{job.pk}:").count() == 2
    assert len(DBTaskResult.objects.get(args_kwargs__args=[job.pk]).worker_ids) == 2


def test_webhooks_of_a_killed_worker_arrive_in_the_end(httpserver):
    httpserver.expect_request("/hook").respond_with_data("ok")
    webhooks.subscribe(httpserver.url_for("/hook"))
    subjects = make_subjects(20)
    with workers(2) as running:
        happen(subjects, 3)
        until(lambda: len(httpserver.log) > 10)
        running[0].kill()
        running[0].wait()
        until(lambda: len({request.headers["webhook-id"] for request, _ in httpserver.log}) > 100)

    WebhookDelivery.objects.filter(state=DeliveryState.PENDING).update(locked_until=None)
    with workers(1):
        until(lambda: not WebhookDelivery.objects.filter(state=DeliveryState.PENDING).exists())

    ids = Tally(request.headers["webhook-id"] for request, _ in httpserver.log)
    assert len(ids) == 120
    assert max(ids.values()) <= 2


def test_event_reaches_its_webhook_in_half_a_second(httpserver):
    arrived = []

    def take(_request):
        arrived.append(time.monotonic())
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(take)
    webhooks.subscribe(httpserver.url_for("/hook"))
    subjects = make_subjects(1)
    waits = []
    with workers(1):
        time.sleep(2)  # until the worker looks only once a second
        for _ in range(12):
            arrived.clear()
            began = time.monotonic()
            with transaction.atomic():
                events.record("test.seen", subjects[0], by="user:1")
            until(lambda: bool(arrived), 5)
            waits.append(arrived[0] - began)
            time.sleep(0.15)

    assert sorted(waits)[10] < 0.5, waits
