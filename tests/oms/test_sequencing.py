from oms import webhooks
from oms.dispatch.sequencing import sequence
from oms.models import Counter, Delivery, DeliveryState, Event, WebhookDelivery


def test_sequence_gives_positions_without_gaps(wire, subject, happen):
    happen("test.done", subject, times=3)

    assert sequence() == 3

    positions = list(Event.objects.order_by("pk").values_list("position", flat=True))
    assert positions == [1, 2, 3]
    assert sequence() == 0


def test_sequence_goes_on_after_the_last_position(wire, subject, happen):
    happen("test.done", subject)
    sequence()
    happen("test.done", subject)

    sequence()

    assert set(Event.objects.values_list("sequence", "position")) == {(1, 1), (2, 2)}


def test_sequence_makes_a_delivery_for_each_consumer(wire, subject, happen):
    wire(test_done=("count", "follow"), test_other=("count",))
    event = happen("test.done", subject)[0]
    happen("test.unheard", subject)

    sequence()

    rows = Delivery.objects.order_by("consumer").values_list("event", "consumer", "subject_key")
    key = f"oms.counter:{subject.pk}"
    assert list(rows) == [
        (event.pk, "tests.oms.reactions.count", key),
        (event.pk, "tests.oms.reactions.follow", key),
    ]
    assert Delivery.objects.filter(state=DeliveryState.PENDING, attempts=0, error="").count() == 2


def test_sequence_makes_webhook_deliveries_where_name_and_channel_match(wire, subject, happen):
    everything, _ = webhooks.subscribe("http://127.0.0.1:9/all")
    some, _ = webhooks.subscribe("http://127.0.0.1:9/some", events=["test.*"])
    webhooks.subscribe("http://127.0.0.1:9/other", events=["order.*"])
    webhooks.subscribe("http://127.0.0.1:9/channel", channel="shop")
    happen("test.done", subject)

    sequence()

    assert set(WebhookDelivery.objects.values_list("endpoint", flat=True)) == {
        everything.pk,
        some.pk,
    }


def test_sequence_sends_a_channels_events_to_its_own_endpoints(wire, subject, happen):
    mine, _ = webhooks.subscribe("http://127.0.0.1:9/mine", channel="shop")
    webhooks.subscribe("http://127.0.0.1:9/other", channel="b2b")
    subject.channel_code = "shop"
    happen("test.done", subject)

    sequence()

    assert list(WebhookDelivery.objects.values_list("endpoint", flat=True)) == [mine.pk]


def test_sequence_takes_a_batch_at_a_time(wire, happen, db, monkeypatch):
    monkeypatch.setattr("oms.dispatch.sequencing.BATCH", 2)
    happen("test.done", Counter.objects.create(name="s"), times=5)

    assert [sequence() for _ in range(4)] == [2, 2, 1, 0]


def test_sequence_of_nothing_asks_once(wire, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert sequence() == 0


def test_sequence_of_many_events_takes_as_many_statements_as_of_one(
    wire, subject, happen, django_assert_max_num_queries
):
    wire(test_done=("count",))
    webhooks.subscribe("http://127.0.0.1:9/all")
    happen("test.done", subject, times=50)

    with django_assert_max_num_queries(9):
        assert sequence() == 50
    assert Delivery.objects.count() == 50
