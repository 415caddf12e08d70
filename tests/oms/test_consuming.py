from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from oms.dispatch import drain
from oms.dispatch.consuming import LADDER, consume
from oms.dispatch.sequencing import sequence
from oms.models import Counter, Delivery, DeliveryState, Event


def value(name):
    return Counter.objects.get(name=name).value


def test_consume_runs_each_delivery_once(wire, subject, happen):
    wire(test_done=("count",))
    happen("test.done", subject, times=3)

    done = drain()

    assert (done.events, done.deliveries) == (3, 3)
    assert value("count") == 3
    assert drain().deliveries == 0
    assert value("count") == 3
    assert Delivery.objects.filter(state=DeliveryState.DONE, attempts=1).count() == 3


def test_consume_keeps_the_order_of_each_subject(wire, db, happen):
    wire(test_done=("follow",))
    subjects = [Counter.objects.create(name=f"subject {n}") for n in range(5)]
    for _ in range(4):
        for subject in subjects:
            happen("test.done", subject)

    drain()

    assert not Counter.objects.filter(name__startswith="wrong:").exists()
    assert [value(f"last:{subject.pk}") for subject in subjects] == [4] * 5


def test_consume_that_is_refused_undoes_its_work_and_waits(wire, subject, happen):
    wire(test_done=("refuse",))
    happen("test.done", subject)
    now = timezone.now()

    drain()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    assert delivery.error == "NotNow: Not before 9 o'clock."
    assert delivery.next_attempt_at > now
    assert not Counter.objects.filter(name__startswith="undone:").exists()


def test_consume_that_breaks_keeps_no_personal_data(wire, subject, happen, caplog):
    wire(test_done=("stumble",))
    happen("test.done", subject)

    drain()

    assert Delivery.objects.get().error == "ValueError"


def test_consume_holds_back_what_follows_a_failure_on_its_subject(wire, db, happen):
    wire(test_done=("refuse",), test_next=("refuse",))
    first = Counter.objects.create(name="first")
    other = Counter.objects.create(name="other")
    happen("test.done", first)
    happen("test.next", first)
    happen("test.done", other)

    drain()

    tried = Delivery.objects.order_by("pk").values_list("attempts", flat=True)
    assert list(tried) == [1, 0, 1]


def test_consume_of_one_consumer_does_not_wait_for_another(wire, subject, happen):
    wire(test_done=("refuse", "count"))
    happen("test.done", subject, times=2)

    drain()

    assert value("count") == 2


def test_consume_gives_up_after_the_ladder(wire, subject, happen):
    wire(test_done=("refuse",))
    happen("test.done", subject, times=2)
    sequence()

    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(len(LADDER) + 3):
            consume()
            clock.shift(timedelta(days=1))

    first, second = Delivery.objects.order_by("pk")
    assert (first.state, first.attempts) == (DeliveryState.DEAD, len(LADDER) + 1)
    assert (second.state, second.attempts) == (DeliveryState.PENDING, 0)


def test_consume_passes_the_correlation_on(wire, subject, happen):
    wire(test_done=("pass_on",))
    event = happen("test.done", subject)[0]

    drain()

    followed = Event.objects.get(name="test.passed_on")
    assert followed.correlation_id == event.correlation_id
    assert (followed.sequence, followed.position) == (2, 2)


@pytest.mark.parametrize("waiting", [10, 300])
def test_consume_of_a_hot_subject_ends(wire, subject, happen, waiting):
    wire(test_done=("follow",))
    happen("test.done", subject, times=waiting)

    drain()

    assert value(f"last:{subject.pk}") == waiting
    assert not Counter.objects.filter(name__startswith="wrong:").exists()


def test_consumer_that_takes_many_gets_them_in_one_call(wire, db, happen):
    wire(test_done=("tally", "count"))
    subjects = [Counter.objects.create(name=f"subject {n}") for n in range(4)]
    for _ in range(3):
        for subject in subjects:
            happen("test.done", subject)

    assert drain().deliveries == 24

    assert value("calls") == 1
    assert value("count") == 12
    assert [value(f"last:{subject.pk}") for subject in subjects] == [3] * 4
    assert not Counter.objects.filter(name__startswith="wrong:").exists()


def test_consumer_that_takes_many_fails_on_one_subject_alone(wire, db, happen):
    wire(test_done=("tally",))
    good, bad = (Counter.objects.create(name=name) for name in ("good", "bad"))
    happen("test.done", good, times=3)
    happen("test.done", bad)
    happen("test.done", bad, bad=True)
    happen("test.done", bad)

    drain()

    assert value(f"last:{good.pk}") == 3
    assert value(f"last:{bad.pk}") == 1
    waiting = Delivery.objects.exclude(state=DeliveryState.DONE).order_by("pk")
    assert [(row.attempts, row.error) for row in waiting] == [
        (1, "NotNow: Not before 9 o'clock."),
        (0, ""),
    ]
