import base64

import pytest

from oms import sealed, webhooks
from oms.dispatch import drain
from oms.models import DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookState

HOOK = "http://127.0.0.1:9/hook"


def test_subscribe_tells_the_secret_once_and_stores_it_sealed(db):
    endpoint, secret = webhooks.subscribe(HOOK, channel="shop", events=["order.*"])

    stored = WebhookEndpoint.objects.get()
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    assert secret.startswith("whsec_")
    assert raw not in bytes(stored.secret)
    assert (stored.channel, stored.events, stored.state) == ("shop", ["order.*"], "active")
    assert endpoint == stored


@pytest.mark.parametrize(
    "url",
    ["http://shop.example/hook", "ftp://shop.example/", "https://user@shop.example/", "https:"],
)
def test_subscribe_of_an_unsafe_address_is_refused(db, settings, url):
    settings.OMS_WEBHOOK_ALLOW_PRIVATE = False

    with pytest.raises(webhooks.UnsafeUrl):
        webhooks.subscribe(url)

    assert not WebhookEndpoint.objects.exists()


def test_subscribe_of_https_is_always_possible(db, settings):
    settings.OMS_WEBHOOK_ALLOW_PRIVATE = False

    assert webhooks.subscribe("https://shop.example/hook")[0].pk


def test_replay_sends_matching_events_after_a_position_again(db, wire, subject, happen):
    endpoint, _ = webhooks.subscribe(HOOK, events=["test.done"])
    happen("test.done", subject)
    happen("test.other", subject)
    happen("test.done", subject, times=2)
    drain(webhooks=False)
    WebhookDelivery.objects.update(state=DeliveryState.DONE, attempts=1)

    assert webhooks.replay(endpoint, after=1) == 2

    rows = WebhookDelivery.objects.order_by("event__position")
    assert list(rows.values_list("event__position", "state", "attempts")) == [
        (1, DeliveryState.DONE, 1),
        (3, DeliveryState.PENDING, 0),
        (4, DeliveryState.PENDING, 0),
    ]


def test_replay_reaches_back_before_the_subscription(db, wire, subject, happen):
    happen("test.done", subject, times=3)
    drain()
    endpoint, _ = webhooks.subscribe(HOOK)

    assert webhooks.replay(endpoint, after=0, until=2) == 2
    assert WebhookDelivery.objects.count() == 2


def test_retry_of_a_dead_delivery_puts_it_in_line_again(db, wire, subject, happen):
    webhooks.subscribe(HOOK)
    happen("test.done", subject)
    drain(webhooks=False)
    WebhookDelivery.objects.update(state=DeliveryState.DEAD, attempts=11, error="HTTP 500")

    webhooks.retry(WebhookDelivery.objects.get())

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.PENDING, 0, "")


def test_retry_of_a_living_delivery_is_refused(db, wire, subject, happen):
    webhooks.subscribe(HOOK)
    happen("test.done", subject)
    drain(webhooks=False)

    with pytest.raises(webhooks.NothingToRetry):
        webhooks.retry(WebhookDelivery.objects.get())


def test_resume_closes_the_circuit_breaker(db):
    endpoint, _ = webhooks.subscribe(HOOK)
    WebhookEndpoint.objects.update(state=WebhookState.BROKEN, failures=9)

    webhooks.resume(endpoint)

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failures) == (WebhookState.ACTIVE, 0)


def test_reseal_keeps_the_secret_under_a_new_master_key(db, settings, subject, happen):
    endpoint, secret = webhooks.subscribe(HOOK)
    old = list(settings.OMS_MASTER_KEYS)
    settings.OMS_MASTER_KEYS = [base64.b64encode(b"n" * 32).decode(), *old]
    sealed.forget_keys()

    assert webhooks.reseal(by="command:rotate_keys") == 1

    settings.OMS_MASTER_KEYS = settings.OMS_MASTER_KEYS[:1]
    sealed.forget_keys()
    event = happen("test.done", subject)[0]
    endpoint.refresh_from_db()
    headers = webhooks.headers(endpoint, event, "{}", event.at)
    settings.OMS_MASTER_KEYS = old
    sealed.forget_keys()
    expected = webhooks.Webhook(secret).sign(str(event.public_id), event.at, "{}")
    assert headers["webhook-signature"] == expected


@pytest.mark.parametrize(
    ("patterns", "name", "wanted"),
    [
        ([], "order.placed", True),
        (["*"], "order.placed", True),
        (["order.*"], "order.placed", True),
        (["order.placed"], "order.placed", True),
        (["order.*"], "shipment.shipped", False),
        (["order"], "order.placed", False),
    ],
)
def test_matches(patterns, name, wanted):
    assert webhooks.matches(patterns, name) is wanted


def test_endpoint_for_an_event_that_never_happens_is_refused(db, caller):
    answer = caller(
        "post", "/api/v1/webhook-endpoints/", {"url": HOOK, "events": ["order.*", "order.plced"]}
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_event")
    assert problem["errors"][0]["pointer"] == "/events/1"
    said = "No event is called order.plced. Did you mean order.placed"
    assert problem["detail"].startswith(said)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [("orders.*", "Did you mean order.*"), ("Order.Placed", "order.placed"), ("zz", "draft.*, ")],
)
def test_unknown_event_names_the_few_that_may_be_meant(pattern, hint):
    with pytest.raises(webhooks.UnknownEvent) as refused:
        webhooks.refuse_unknown([pattern])
    assert hint in refused.value.detail
    assert len(refused.value.detail) < 800  # families, not every name


def test_endpoint_with_a_field_that_nobody_reads_is_refused(db, caller):
    answer = caller("post", "/api/v1/webhook-endpoints/", {"url": HOOK, "event": ["order.*"]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/event"
