import json
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import Webhook
from werkzeug import Response

from oms import webhooks
from oms.dispatch import drain, posting, sending
from oms.dispatch.posting import retry_after
from oms.models import Counter, DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookState


@pytest.fixture
def receiver(httpserver):
    """A receiver that takes everything; `received()` gives the bodies in order."""
    httpserver.expect_request("/hook").respond_with_data("ok")
    httpserver.received = lambda: [json.loads(request.data) for request, _ in httpserver.log]
    return httpserver


@pytest.fixture
def endpoint(db, receiver, wire):
    return webhooks.subscribe(receiver.url_for("/hook"))[0]


def test_send_posts_a_signed_message(db, receiver, wire, subject, happen):
    _, secret = webhooks.subscribe(receiver.url_for("/hook"))
    event = happen("test.done", subject, colour="red")[0]

    done = drain()

    assert done.webhooks == 1
    request = receiver.log[0][0]
    told = Webhook(secret).verify(request.data, dict(request.headers))
    assert told["type"] == "test.done"
    assert told["data"]["data"] == {"colour": "red"}
    assert told["data"]["sequence"] == 1
    assert request.headers["webhook-id"] == str(event.public_id) == told["data"]["id"]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_status) == (DeliveryState.DONE, 200)
    assert (delivery.attempts, delivery.locked_until) == (1, None)


@pytest.fixture
def dripping():
    """An endpoint that sends its answer byte by byte, for as long as anybody listens."""

    class Drip(BaseRequestHandler):
        def handle(self):
            self.request.recv(65_536)
            with suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100:
                    self.request.sendall(bytes([byte]))
                    time.sleep(0.1)

    with ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        server.shutdown()


def test_send_to_an_endpoint_that_drips_is_over_in_time(
    db, dripping, wire, subject, happen, monkeypatch
):
    monkeypatch.setattr(posting, "LONGEST_SECONDS", 1.0)
    webhooks.subscribe(dripping)
    happen("test.done", subject)

    began = time.monotonic()
    drain()

    assert time.monotonic() - began < 5
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.error) == (DeliveryState.PENDING, "ReadTimeout")


def test_send_keeps_the_order_of_each_subject(endpoint, receiver, db, happen):
    subjects = [Counter.objects.create(name=f"s{n}") for n in range(3)]
    for _ in range(5):
        for subject in subjects:
            happen("test.done", subject)

    drain()

    assert len(receiver.log) == 15
    told = defaultdict(list)
    for message in receiver.received():
        told[message["data"]["subject"]["id"]].append(message["data"]["sequence"])
    assert list(told.values()) == [[1, 2, 3, 4, 5]] * 3
    assert not set(told) & {str(subject.pk) for subject in subjects}  # no key of ours


def test_send_that_fails_waits_for_its_next_attempt(httpserver, db, wire, subject, happen):
    httpserver.expect_request("/hook").respond_with_data("", status=503)
    webhooks.subscribe(httpserver.url_for("/hook"))
    happen("test.done", subject)
    now = timezone.now()

    drain()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    assert (delivery.response_status, delivery.error) == (503, "HTTP 503")
    assert delivery.next_attempt_at > now + timedelta(seconds=3)
    assert WebhookEndpoint.objects.get().failures == 1


def test_send_to_nobody_notes_the_kind_of_error(db, wire, subject, happen):
    webhooks.subscribe("http://127.0.0.1:9/hook")
    happen("test.done", subject)

    drain()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.response_status, delivery.error) == (None, "ConnectError")


def test_send_waits_as_long_as_it_is_asked_to(httpserver, db, wire, subject, happen):
    busy = Response("", status=429, headers={"Retry-After": "900"})
    httpserver.expect_request("/hook").respond_with_response(busy)
    webhooks.subscribe(httpserver.url_for("/hook"))
    happen("test.done", subject)
    now = timezone.now()

    drain()

    assert WebhookDelivery.objects.get().next_attempt_at >= now + timedelta(seconds=900)


def test_send_gives_up_after_the_ladder_and_goes_on(
    httpserver, db, wire, subject, happen, quick, monkeypatch
):
    monkeypatch.setattr(sending, "BREAKS_AT", 100)
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    webhooks.subscribe(httpserver.url_for("/hook"))
    happen("test.done", subject, times=2)

    drain()

    rows = WebhookDelivery.objects.order_by("pk").values_list("state", "attempts")
    assert list(rows) == [(DeliveryState.DEAD, 3), (DeliveryState.DONE, 1)]


def test_send_to_a_failing_endpoint_breaks_the_circuit_and_spares_the_others(
    httpserver, db, wire, happen, quick
):
    httpserver.expect_request("/bad").respond_with_data("", status=500)
    httpserver.expect_request("/good").respond_with_data("ok")
    bad, _ = webhooks.subscribe(httpserver.url_for("/bad"))
    good, _ = webhooks.subscribe(httpserver.url_for("/good"))
    for number in range(20):
        happen("test.done", Counter.objects.create(name=str(number)))

    drain()

    bad.refresh_from_db()
    assert bad.state == WebhookState.BROKEN
    assert bad.retry_at > timezone.now()
    tried = sum(request.path == "/bad" for request, _ in httpserver.log)
    assert sending.BREAKS_AT <= tried < sending.BREAKS_AT + sending.AT_ONCE
    assert good.deliveries.filter(state=DeliveryState.DONE).count() == 20


def test_probe_of_a_broken_endpoint_that_answers_sends_the_rest(endpoint, receiver, happen, db):
    WebhookEndpoint.objects.update(
        state=WebhookState.BROKEN, failures=7, retry_at=timezone.now() + timedelta(minutes=5)
    )
    for number in range(10):
        happen("test.done", Counter.objects.create(name=str(number)))
    drain()
    assert receiver.log == []

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        drain()

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failures, endpoint.retry_at) == (WebhookState.ACTIVE, 0, None)
    assert len(receiver.log) == 10


def test_probe_that_fails_waits_longer(httpserver, db, wire, subject, happen):
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    endpoint, _ = webhooks.subscribe(httpserver.url_for("/hook"))
    WebhookEndpoint.objects.update(
        state=WebhookState.BROKEN, failures=sending.BREAKS_AT, retry_at=timezone.now()
    )
    for number in range(5):
        happen("test.done", Counter.objects.create(name=str(number)))

    drain()

    endpoint.refresh_from_db()
    assert len(httpserver.log) == 1
    assert endpoint.failures == sending.BREAKS_AT + 1
    assert endpoint.retry_at > timezone.now() + timedelta(seconds=sending.PROBES[1] - 5)


def test_send_to_an_endpoint_that_is_gone_pauses_it(httpserver, db, wire, subject, happen):
    httpserver.expect_request("/hook").respond_with_data("", status=410)
    endpoint, _ = webhooks.subscribe(httpserver.url_for("/hook"))
    happen("test.done", subject)

    drain()

    endpoint.refresh_from_db()
    assert endpoint.state == WebhookState.PAUSED


def test_send_to_a_paused_endpoint_waits_until_it_is_resumed(endpoint, receiver, subject, happen):
    webhooks.pause(endpoint)
    happen("test.done", subject, times=2)
    drain()
    assert receiver.log == []

    webhooks.resume(endpoint)
    drain()

    assert [message["data"]["sequence"] for message in receiver.received()] == [1, 2]


def test_send_follows_no_redirect(httpserver, db, wire, subject, happen):
    away = Response("", status=302, headers={"Location": httpserver.url_for("/inside")})
    httpserver.expect_request("/hook").respond_with_response(away)
    webhooks.subscribe(httpserver.url_for("/hook"))
    happen("test.done", subject)

    drain()

    assert [request.path for request, _ in httpserver.log] == ["/hook"]
    assert WebhookDelivery.objects.get().error == "HTTP 302"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254"])
def test_send_into_a_private_network_is_refused(db, wire, subject, happen, settings, host):
    webhooks.subscribe(f"http://{host}:9/hook")
    settings.OMS_WEBHOOK_ALLOW_PRIVATE = False
    happen("test.done", subject)

    drain()

    assert WebhookDelivery.objects.get().error == "PrivateAddress"


def test_claim_leaves_what_another_worker_has_in_the_air(endpoint, subject, happen):
    happen("test.done", subject)
    drain(webhooks=False)

    first = sending.claim(endpoint, 10)
    second = sending.claim(endpoint, 10)

    assert (len(first), len(second)) == (1, 0)


def test_claim_takes_over_when_the_lease_has_ended(endpoint, receiver, subject, happen):
    happen("test.done", subject)
    drain(webhooks=False)
    sending.claim(endpoint, 10)

    with time_machine.travel(timezone.now() + sending.LEASE + timedelta(seconds=1)):
        drain()

    assert len(receiver.log) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("999999", 21_600), ("Mon, 23 Nov 2026 12:01:00 GMT", 60), ("soon", None)],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    from datetime import UTC, datetime

    assert retry_after(header, datetime(2026, 11, 23, 12, tzinfo=UTC)) == seconds
