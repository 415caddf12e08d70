from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from oms import events, idempotency, keys
from oms.models import IdempotencyKey, WebhookEndpoint

HOOKS = "/api/v1/webhook-endpoints/"
HOOK = {"url": "http://127.0.0.1:9/hook"}


def repeat(caller, data=HOOK, key="k-1", **more):
    return caller("post", HOOKS, data, **{"Idempotency-Key": key}, **more)


def test_repeat_gives_the_same_answer_and_has_no_effect(caller):
    first, second = repeat(caller), repeat(caller)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert WebhookEndpoint.objects.count() == 1


def test_repeat_with_another_body_is_refused(caller):
    repeat(caller)

    response = repeat(caller, {"url": "http://127.0.0.1:9/other"})

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert WebhookEndpoint.objects.count() == 1


def test_repeat_while_the_first_call_runs_is_a_conflict(caller, key):
    repeat(caller)
    IdempotencyKey.objects.update(status=None, body=None)

    response = repeat(caller)

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_running")
    assert WebhookEndpoint.objects.count() == 1


def test_claim_of_a_call_that_died_is_taken_over(caller):
    repeat(caller)
    IdempotencyKey.objects.update(
        status=None, body=None, created_at=timezone.now() - timedelta(minutes=3)
    )

    response = repeat(caller)

    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response
    assert IdempotencyKey.objects.get().status == 201


def test_claim_of_a_call_that_died_after_its_effect_is_not_run_again(caller, wire, subject, happen):
    thread = uuid4()
    repeat(caller, **{"X-Request-ID": str(thread)})
    token = events.correlation.set(thread)
    happen("test.done", subject)
    events.correlation.reset(token)
    IdempotencyKey.objects.update(
        status=None, body=None, created_at=timezone.now() - timedelta(minutes=3)
    )

    response = repeat(caller)

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_answer_lost")
    assert response.json()["params"] == {"subjects": "counter"}
    assert WebhookEndpoint.objects.count() == 1


def test_call_that_broke_after_its_effect_is_not_run_again(
    caller, wire, subject, happen, monkeypatch, client
):
    from oms import webhooks

    calls = []

    def break_late(**_):
        calls.append(1)
        happen("test.done", subject)
        raise ZeroDivisionError

    monkeypatch.setattr(webhooks, "subscribe", break_late)
    client.raise_request_exception = False

    assert repeat(caller).status_code == 500
    response = repeat(caller)

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_answer_lost")
    assert len(calls) == 1


def test_another_keys_repeat_is_another_call(caller):
    _, other = keys.create("Other")

    repeat(caller)
    repeat(caller, key_text=other)

    assert WebhookEndpoint.objects.count() == 2


def test_wrong_input_is_remembered_too(caller):
    first, second = repeat(caller, {"url": "here"}), repeat(caller, {"url": "here"})

    assert (first.status_code, second.status_code) == (400, 400)
    assert second["Idempotent-Replayed"] == "true"
    assert second["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_answers_that_may_change_are_not_kept(key, status):
    claimed = idempotency.claim(key[0], "k-1", "print")

    idempotency.keep(claimed, status, b"{}")

    assert not IdempotencyKey.objects.exists()


def test_bug_gives_the_key_back(caller, monkeypatch, client):
    from oms import webhooks

    def break_(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(webhooks, "subscribe", break_)
    client.raise_request_exception = False

    response = repeat(caller)

    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert not IdempotencyKey.objects.exists()


def test_answer_is_stored_sealed(caller):
    secret = repeat(caller).json()["secret"]

    assert secret.encode() not in bytes(IdempotencyKey.objects.get().body)


def test_key_that_is_too_long_is_refused(caller):
    response = repeat(caller, key="k" * 256)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_invalid")
    assert not WebhookEndpoint.objects.exists()


def test_reading_needs_no_key(caller):
    caller("get", HOOKS, **{"Idempotency-Key": "k-1"})

    assert not IdempotencyKey.objects.exists()


def test_first_call_takes_two_statements_more(caller, django_assert_num_queries):
    caller("get", HOOKS)
    with django_assert_num_queries(3):  # savepoint, insert, release
        caller("post", HOOKS, HOOK)

    with django_assert_num_queries(5):
        repeat(caller)


def test_forget_old_keeps_a_day(key):
    idempotency.claim(key[0], "k-1", "print")

    with time_machine.travel(timezone.now() + timedelta(hours=23)):
        assert idempotency.forget_old() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert idempotency.forget_old() == 1
