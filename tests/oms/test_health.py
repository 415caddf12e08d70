from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from oms import health
from oms.models import Worker


def test_health_is_ready_when_the_database_is_migrated(db, client):
    response = client.get("/health/")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["workers"]) == ("ok", 0)


def test_health_before_migrations_is_503(db, client, monkeypatch):
    def refuse():
        raise health.NotMigrated

    monkeypatch.setattr(health, "_require_migrations", refuse)

    response = client.get("/health/")

    assert (response.status_code, response.json()["reason"]) == (503, "not migrated")


def test_health_without_a_database_is_503(db, client, monkeypatch):
    def refuse():
        raise DatabaseError

    monkeypatch.setattr(health, "_require_migrations", refuse)

    response = client.get("/health/")

    assert (response.status_code, response.json()["reason"]) == (503, "no database")


def test_metrics_are_told_to_this_machine(db, client):
    response = client.get("/metrics")

    assert response.status_code == 200
    assert b"django_http_requests" in response.content


@pytest.mark.parametrize(
    "extra", [{"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}]
)
def test_metrics_are_not_told_to_others(db, client, extra):
    assert client.get("/metrics", **extra).status_code == 403


def test_metrics_are_told_to_whoever_brings_the_token(db, client, settings):
    settings.OMS_METRICS_TOKEN = "t0ken"

    assert client.get("/metrics").status_code == 403
    right = client.get(
        "/metrics", headers={"Authorization": "Bearer t0ken"}, REMOTE_ADDR="192.0.2.1"
    )
    assert right.status_code == 200


def test_metrics_count_what_waits(client, wire, subject, happen):
    happen("test.done", subject, times=2)

    told = client.get("/metrics").content.decode()

    assert "oms_events_waiting 2.0" in told
    assert 'oms_deliveries{state="dead"} 0.0' in told


def worker(name, *, age=60, **fields):
    now = timezone.now()
    return Worker.objects.create(name=name, started_at=now - timedelta(seconds=age), **fields)


def test_health_tells_of_a_background_process_that_is_gone(db, client):
    worker("one")
    told = client.get("/health/")
    assert (told.status_code, told.json()["status"]) == (200, "degraded")
    assert told.json()["reason"] == "no background process: tasks and chores wait"

    worker("one/background")
    told = client.get("/health/").json()
    assert (told["status"], told["workers"], told["background"]) == ("ok", 1, 1)


def test_health_tells_of_a_background_process_that_keeps_dying(db, client):
    worker("one", deaths=3, died_at=timezone.now())
    worker("one/background", age=1)

    told = client.get("/health/").json()

    assert (told["status"], told["background_deaths"]) == ("degraded", 3)
    assert told["reason"] == "a background process has died and was started again"
    assert "oms_background_deaths 3.0" in client.get("/metrics").content.decode()
