import uuid

import pytest
from django.db import transaction

from oms import events, wake
from oms.models import Counter, Event


def test_record_writes_the_event_with_its_facts(subject):
    with transaction.atomic():
        event = events.record("test.done", subject, by="user:1", colour="red")

    stored = Event.objects.get()
    assert stored == event
    assert (stored.name, stored.actor, stored.facts) == ("test.done", "user:1", {"colour": "red"})
    assert (stored.subject_type, stored.subject_id) == ("oms.counter", subject.pk)
    assert (stored.sequence, stored.position) == (1, None)


@pytest.mark.django_db(transaction=True)
def test_record_outside_of_a_transaction_is_refused():
    subject = Counter.objects.create(name="subject")

    with pytest.raises(RuntimeError):
        events.record("test.done", subject, by="user:1")

    assert not Event.objects.exists()


def test_record_numbers_the_events_of_each_subject(db):
    one, two = (Counter.objects.create(name=name) for name in ("one", "two"))
    events.record("test.done", one, by="user:1")
    facts = [events.Fact("test.more", subject) for subject in (one, two, one)]

    events.record_all(facts, by="user:1")

    rows = Event.objects.order_by("pk").values_list("subject_id", "sequence")
    assert list(rows) == [(one.pk, 1), (one.pk, 2), (two.pk, 1), (one.pk, 3)]


def test_record_all_takes_two_statements_for_any_number(db, django_assert_num_queries):
    subjects = [Counter.objects.create(name=str(number)) for number in range(20)]

    with django_assert_num_queries(2):
        events.record_all([events.Fact("test.done", each) for each in subjects], by="user:1")


def test_record_first_takes_one_statement(db, django_assert_num_queries):
    subjects = [Counter.objects.create(name=str(number)) for number in range(20)]

    with django_assert_num_queries(1):
        events.record_first([events.Fact("test.done", each) for each in subjects], by="user:1")


def test_record_of_one_call_shares_one_thread(subject):
    facts = [events.Fact("test.done", subject), events.Fact("test.more", subject)]

    first, second = events.record_all(facts, by="user:1")

    assert first.correlation_id == second.correlation_id


def test_record_takes_the_thread_of_the_request(subject):
    thread = uuid.uuid4()
    token = events.correlation.set(thread)

    event = events.record("test.done", subject, by="user:1")

    events.correlation.reset(token)
    assert event.correlation_id == thread


def test_record_wakes_the_workers_after_commit(
    subject, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(wake, "hint", lambda: woken.append(True))

    with django_capture_on_commit_callbacks(execute=True):
        events.record("test.done", subject, by="user:1")
        assert woken == []

    assert woken == [True]
