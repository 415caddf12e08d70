"""Races inside the kernel, each with a control that takes the guard away."""

import time
from collections import Counter as Tally
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from inventory.tasks import proof
from oms import events, idempotency, keys, webhooks, wiring
from oms.dispatch import consuming, sequencing, wired
from oms.models import (
    Counter,
    Delivery,
    DeliveryState,
    Event,
    IdempotencyKey,
    Job,
    JobState,
    WebhookDelivery,
    WebhookEndpoint,
)

pytestmark = pytest.mark.concurrency

EVENTS = 20


@pytest.fixture
def waiting(transactional_db, monkeypatch):
    """Events of twenty subjects, each for one consumer that counts."""
    consumers = {"test.done": ("tests.oms.reactions.count",)}
    monkeypatch.setattr(wiring, "CONSUMERS", consumers)
    Counter.objects.create(name="count")
    subjects = [Counter.objects.create(name=str(number)) for number in range(EVENTS)]
    with transaction.atomic():
        events.record_all([events.Fact("test.done", each) for each in subjects], by="user:1")


def counted():
    return Counter.objects.get(name="count").value


def test_consume_by_four_at_once_runs_each_delivery_once(waiting, at_once):
    sequencing.sequence()

    at_once([consuming.consume] * 4, threads=4)

    assert counted() == EVENTS
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == EVENTS


def test_control_look_then_mark_runs_deliveries_twice(waiting, at_once, monkeypatch):
    """Without the claim the same deliveries are run by several workers."""
    sequencing.sequence()
    monkeypatch.setattr(consuming, "_claim", look_then_mark)
    monkeypatch.setattr(consuming.random, "shuffle", lambda _: None)

    at_once([consuming.consume] * 4, threads=4)

    assert counted() > EVENTS


def look_then_mark(deliveries):
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    free = rows.filter(state=DeliveryState.PENDING).count()
    time.sleep(0.02)
    rows.update(state=DeliveryState.DONE)
    return free


def test_consume_many_by_four_at_once_takes_each_event_once(waiting, at_once, monkeypatch):
    taken = []
    monkeypatch.setattr(wired, "takers_of_many", lambda: ["tests.oms.reactions.count"])
    monkeypatch.setattr(wired, "call", lambda _path, found: taken.extend(e.pk for e in found))
    sequencing.sequence()

    at_once([consuming.consume] * 4, threads=4)

    assert sorted(taken) == sorted(Event.objects.values_list("pk", flat=True))


def test_sequence_by_four_at_once_gives_each_position_once(waiting, at_once):
    answers = at_once([sequencing.sequence] * 4, threads=4)

    assert sum(answers) == EVENTS
    positions = Event.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, EVENTS + 1))


def test_control_sequence_without_its_lock_collides(waiting, at_once, monkeypatch):
    """The unique position is what the database says when the lock is gone."""

    def never_alone():
        time.sleep(0.1)
        return True

    monkeypatch.setattr(sequencing, "_alone", never_alone)

    answers = at_once([sequencing.sequence] * 4, threads=4)

    collided = [answer for answer in answers if isinstance(answer, IntegrityError)]
    empty = [answer for answer in answers if answer == 0]
    assert collided or empty
    assert sum(answer for answer in answers if isinstance(answer, int)) == EVENTS


@pytest.fixture
def endpoint(waiting, settings):
    """An endpoint whose deletion meets the moment in which events are put in line for it."""
    settings.OMS_WEBHOOK_ALLOW_PRIVATE = True
    return webhooks.subscribe("http://127.0.0.1:9/")[0]


def delete_and_sequence(endpoint, meet, monkeypatch):
    """Events are in line, uncommitted, when somebody deletes the endpoint."""
    insert = sequencing._insert

    def insert_and_linger(*args):
        insert(*args)
        meet()
        time.sleep(0.3)

    def delete():
        meet()
        webhooks.unsubscribe(endpoint)

    monkeypatch.setattr(sequencing, "_deliver", lambda _names, _last: None)
    monkeypatch.setattr(sequencing, "_insert", insert_and_linger)
    return [sequencing.sequence, delete]


def test_endpoint_is_deleted_while_events_are_put_in_line_for_it(
    at_once, endpoint, meet, monkeypatch
):
    answers = at_once(delete_and_sequence(endpoint, meet, monkeypatch))

    assert answers == [EVENTS, None]
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_control_endpoint_that_is_not_kept_leaves_one_of_them_with_an_error(
    at_once, endpoint, meet, monkeypatch
):
    monkeypatch.setattr(
        webhooks, "keep_endpoints", lambda: list(WebhookEndpoint.objects.order_by("pk"))
    )

    answers = at_once(delete_and_sequence(endpoint, meet, monkeypatch))

    assert [answer for answer in answers if isinstance(answer, IntegrityError)]


def test_claim_by_twenty_at_once_lets_one_through(transactional_db, at_once):
    key, _ = keys.create("Test")

    answers = at_once([partial(idempotency.claim, key, "k-1", "print")] * 20)

    told = Tally(type(answer).__name__ for answer in answers)
    assert told == {"int": 1, "StillRunning": 19}
    assert IdempotencyKey.objects.count() == 1


def test_one_proof_is_started_by_eight_at_once(at_once):
    ended = proof.begin(by="system")
    Job.objects.update(state=JobState.DONE)

    answers = at_once([partial(proof.begin, by=f"user:{n}") for n in range(8)])

    assert {job.pk for job in answers} == {Job.objects.exclude(pk=ended.pk).get().pk}
