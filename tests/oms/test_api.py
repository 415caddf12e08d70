"""The bases of the API, seen through the kernel's own endpoints."""

from uuid import UUID, uuid4

import pytest
from rest_framework.exceptions import ValidationError

from oms import keys, problems
from oms.api import KeyThrottle, parse_rate
from oms.errors import DomainError
from oms.models import WebhookEndpoint
from oms.wire import Invalid, decode

EVENTS = "/api/v1/events/"
HOOKS = "/api/v1/webhook-endpoints/"
HOOK = {"url": "http://127.0.0.1:9/hook"}


@pytest.fixture(autouse=True)
def full_buckets():
    KeyThrottle._buckets.clear()


def test_call_without_a_key_is_refused(db, client):
    response = client.get(EVENTS)

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == "Api-Key"
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("text", ["", "nonsense", "oms_abcdefgh_" + "x" * 43])
def test_call_with_a_wrong_key_is_refused(db, caller, text):
    response = caller("get", EVENTS, key_text=text)

    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"


@pytest.mark.parametrize(("cursor", "status"), [("cD16eno=", 400), ("nonsense", 404)])
def test_cursor_from_nowhere_is_refused(db, caller, cursor, status):
    assert caller("get", f"{HOOKS}?cursor={cursor}").status_code == status


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Api-Key oms_abcdefgh_" + "x" * 43}])
def test_strangers_who_try_again_and_again_are_slowed_down(db, client, headers):
    answers = [client.get(EVENTS, headers=headers) for _ in range(62)]

    assert {answer.status_code for answer in answers[:60]} == {401}
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"]


def test_call_without_the_scope_is_refused(db, caller):
    _, text = keys.create("Reader", scopes=["webhooks:read"])

    assert caller("get", HOOKS, key_text=text).status_code == 200
    response = caller("post", HOOKS, HOOK, key_text=text)

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    assert not WebhookEndpoint.objects.exists()


def test_call_of_an_empty_feed_takes_one_statement(caller, django_assert_num_queries):
    caller("get", EVENTS)

    with django_assert_num_queries(1):
        assert caller("get", EVENTS).status_code == 200


def test_staff_reads_what_it_may_see_and_writes_nothing(client, django_user_model):
    ben = django_user_model.objects.create_user("ben", password="x", is_staff=True)
    client.force_login(ben)
    assert client.get(EVENTS).status_code == 403

    from django.contrib.auth.models import Permission

    ben.user_permissions.add(Permission.objects.get(codename="view_event"))
    client.force_login(ben)

    assert client.get(EVENTS).status_code == 200
    assert client.post(HOOKS, HOOK, content_type="application/json").status_code == 403


def test_wrong_input_is_told_with_pointers(caller):
    response = caller("post", HOOKS, {"url": "here", "events": ["order.placed", "Order!"]})

    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (400, 400, "invalid")
    assert {error["pointer"] for error in body["errors"]} == {"/url", "/events/1"}
    assert not WebhookEndpoint.objects.exists()


def test_body_that_is_no_json_is_told(caller, client, key):
    response = client.post(
        HOOKS, "{", content_type="application/json", headers={"Authorization": f"Api-Key {key[1]}"}
    )

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_unknown_address_under_the_api_is_a_problem_document(db, client):
    response = client.get("/api/v1/nothing/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


def test_domain_error_is_a_conflict_with_code_and_params():
    class OutOfStock(DomainError):
        code = "out_of_stock"
        message = "Only {left} left."

    response = problems.problem_handler(OutOfStock(left=3), {})

    assert response.status_code == 409
    assert response.data["code"] == "out_of_stock"
    assert response.data["detail"] == "Only 3 left."
    assert response.data["params"] == {"left": 3}


def test_bug_is_not_turned_into_an_answer():
    assert problems.problem_handler(ZeroDivisionError(), {}) is None


def test_nested_details_become_pointers():
    error = ValidationError({"lines": [{}, {"sku": ["Unknown."]}], "a/b": ["No."]})

    response = problems.problem_handler(error, {})

    assert [(e["pointer"], e["detail"]) for e in response.data["errors"]] == [
        ("/lines/1/sku", "Unknown."),
        ("/a~1b", "No."),
    ]


def test_request_id_goes_through_to_the_answer(caller):
    sent = str(uuid4())

    assert caller("get", EVENTS, **{"X-Request-ID": sent})["X-Request-ID"] == sent


def test_request_id_that_is_no_uuid_is_mapped_to_one(caller):
    first = caller("get", EVENTS, **{"X-Request-ID": "abc-1"})["X-Request-ID"]
    second = caller("get", EVENTS, **{"X-Request-ID": "abc-1"})["X-Request-ID"]

    assert UUID(first) == UUID(second)


def test_too_many_calls_are_asked_to_wait(caller, settings):
    settings.OMS_API_RATE = "2/min"

    answers = [caller("get", EVENTS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 30
    assert answers[2].json()["code"] == "throttled"


def test_one_callers_rate_is_not_anothers(caller, settings):
    settings.OMS_API_RATE = "1/min"
    _, other = keys.create("Other")

    assert caller("get", EVENTS).status_code == 200
    assert caller("get", EVENTS).status_code == 429
    assert caller("get", EVENTS, key_text=other).status_code == 200


@pytest.mark.parametrize(
    ("text", "rate"), [("60/min", 1.0), ("5/s", 5.0), ("7200/hour", 2.0), ("none", None)]
)
def test_parse_rate(text, rate):
    assert parse_rate(text) == rate


def test_pages_are_walked_by_cursor_without_repeats(caller):
    for number in range(5):
        caller("post", HOOKS, {"url": f"http://127.0.0.1:9/{number}"})

    seen, path = [], f"{HOOKS}?limit=2"
    while path:
        page = caller("get", path).json()
        seen += [row["url"] for row in page["results"]]
        path = page["next"]

    assert seen == [f"http://127.0.0.1:9/{number}" for number in (4, 3, 2, 1, 0)]


def test_feed_gives_events_after_a_position(caller, wire, subject, happen):
    from oms.dispatch import drain

    happen("test.done", subject, times=5, colour="red")
    drain()

    page = caller("get", EVENTS, {"after": 1, "limit": 2}).json()

    assert [event["position"] for event in page["results"]] == [2, 3]
    assert (page["next_after"], page["has_more"]) == (3, True)
    assert page["results"][0]["data"] == {"colour": "red"}
    last = caller("get", EVENTS, {"after": 5}).json()
    assert last == {"results": [], "next_after": 5, "has_more": False}


def test_feed_does_not_show_what_has_no_position_yet(caller, wire, subject, happen):
    happen("test.done", subject)

    assert caller("get", EVENTS).json()["results"] == []


def test_feed_filters_by_name_and_by_kind(caller, wire, subject, happen):
    from oms.dispatch import drain

    happen("test.done", subject)
    happen("test.undone", subject)
    happen("other.done", subject)
    drain()

    def positions(**query):
        return [event["position"] for event in caller("get", EVENTS, query).json()["results"]]

    assert positions(type="test.done") == [1]
    assert positions(type="test") == [1, 2]


def test_feed_shows_a_key_its_own_channel_only(caller, wire, subject, happen):
    from oms.dispatch import drain

    happen("test.done", subject)
    subject.channel_code = "shop"
    happen("test.done", subject)
    drain()
    _, text = keys.create("Shop", channel="shop")

    mine = caller("get", EVENTS, key_text=text).json()["results"]

    assert [event["channel"] for event in mine] == ["shop"]
    assert len(caller("get", EVENTS).json()["results"]) == 2


@pytest.mark.parametrize("query", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 1001}])
def test_feed_refuses_what_it_does_not_understand(caller, query):
    assert caller("get", EVENTS, query).status_code == 400


@pytest.mark.parametrize("waiting", [1, 3])
def test_feed_takes_one_statement(
    caller, wire, subject, happen, waiting, django_assert_num_queries
):
    from oms.dispatch.sequencing import sequence

    happen("test.done", subject, times=waiting)
    sequence()
    caller("get", EVENTS)

    with django_assert_num_queries(1):
        assert len(caller("get", EVENTS).json()["results"]) == waiting


def test_endpoint_is_created_shown_paused_resumed_and_deleted(caller):
    created = caller("post", HOOKS, {**HOOK, "events": ["order.*"]})
    assert created.status_code == 201
    assert created.json()["secret"].startswith("whsec_")
    path = f"{HOOKS}{created.json()['id']}/"

    assert "secret" not in caller("get", path).json()
    assert caller("post", f"{path}pause/").json()["state"] == "paused"
    assert caller("delete", f"{path}pause/").json()["state"] == "active"
    assert caller("delete", path).status_code == 204
    assert caller("get", path).status_code == 404


def test_endpoint_of_another_channel_is_not_there(caller):
    _, shop = keys.create("Shop", channel="shop")
    _, other = keys.create("Other", channel="b2b")
    created = caller("post", HOOKS, HOOK, key_text=shop).json()
    path = f"{HOOKS}{created['id']}/"

    assert created["channel"] == "shop"
    assert caller("get", path, key_text=other).status_code == 404
    assert caller("delete", path, key_text=other).status_code == 404
    assert caller("post", f"{path}replay/", {"after": 0}, key_text=other).status_code == 404
    assert caller("get", f"{path}deliveries/", key_text=other).json()["results"] == []
    assert caller("get", HOOKS, key_text=other).json()["results"] == []
    assert WebhookEndpoint.objects.count() == 1


def test_endpoint_is_replayed_and_its_deliveries_are_listed(caller, wire, subject, happen):
    from oms.dispatch import drain

    happen("test.done", subject, times=3)
    drain()
    created = caller("post", HOOKS, HOOK).json()
    path = f"{HOOKS}{created['id']}/"

    replayed = caller("post", f"{path}replay/", {"after": 1})

    assert (replayed.status_code, replayed.json()) == (202, {"replayed": 2})
    listed = caller("get", f"{path}deliveries/").json()["results"]
    assert [(row["position"], row["state"]) for row in listed] == [(3, "pending"), (2, "pending")]


def test_wire_names_the_words_that_a_field_allows():
    from orders.serializers import CancellationIn

    with pytest.raises(Invalid) as refused:
        decode(b'{"reason": "changed my mind"}', CancellationIn)

    assert refused.value.pointer == "/reason"
    assert "one of customer, declined" in refused.value.sentence
