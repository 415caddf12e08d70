"""A kernel without business: events about counters, consumers that leave marks."""

import pytest

from oms import events, keys, telling, wiring
from oms.dispatch import sending
from oms.models import Counter
from oms.telling import One, told

HERE = "tests.oms.reactions"


@pytest.fixture
def wire(monkeypatch):
    """Wire these consumers, by their short names, and nothing else."""

    def use(**consumers):
        found = {
            name.replace("_", ".", 1): tuple(f"{HERE}.{each}" for each in wanted)
            for name, wanted in consumers.items()
        }
        monkeypatch.setattr(wiring, "CONSUMERS", found)

    known = {"test.done": told("a test did something", One("colour", "of the thing"))}
    monkeypatch.setattr(
        telling, "declared", lambda: {**known, "order.placed": told("an order came")}
    )
    use()
    return use


@pytest.fixture
def subject(db):
    return Counter.objects.create(name="subject")


@pytest.fixture
def happen():
    """Record events about a subject, as an operation would."""
    from django.db import transaction

    def record(name, subject, times=1, **facts):
        with transaction.atomic():
            return [events.record(name, subject, by="user:1", **facts) for _ in range(times)]

    return record


@pytest.fixture
def key(db):
    """An API key that may do everything, and its text."""
    return keys.create("Test", channel="")


@pytest.fixture
def caller(key, client):
    """The API as the key's owner calls it: caller('post', path, data, **headers)."""

    def call(method, path, data=None, *, key_text=key[1], **headers):
        return (
            getattr(client, method)(
                path,
                data,
                content_type="application/json",
                headers={"Authorization": f"Api-Key {key_text}", **headers},
            )
            if method != "get"
            else client.get(path, data, headers={"Authorization": f"Api-Key {key_text}", **headers})
        )

    return call


@pytest.fixture
def quick(monkeypatch):
    """Failed webhooks are tried again at once."""
    monkeypatch.setattr(sending, "LADDER", (0, 0))
