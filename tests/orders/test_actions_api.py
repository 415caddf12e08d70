"""One act on many orders through the API."""

import pytest

from oms import keys
from oms.dispatch import drain
from oms.models import Job
from orders import operations
from orders.models import Hold, Order
from tests.factories import BY, place, shop, stocked, warehouse

pytestmark = pytest.mark.django_db
HOLD = {"kind": "other", "reason": "Stocktaking"}


@pytest.fixture
def orders():
    stocked("MUG", warehouse(), 10)
    channel = shop(auto_release=False, duplicate_window_minutes=0)
    return [place(channel, ("MUG", 1), external_id=str(number)) for number in range(3)]


@pytest.fixture
def call(client, orders):
    made = {}

    def send(method, path="", data=None, *, channel="", scope="orders:write", **headers):
        who = (channel, scope)
        made.setdefault(who, keys.create("Key", scopes=(scope,), channel=channel)[1])
        answer = getattr(client, method)(
            f"/api/v1/orders/actions/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {made[who]}", **headers},
        )
        return answer.status_code, answer.json()

    return send


def test_a_run_is_started_polled_and_undone(call, orders):
    operations.cancel(orders[2], by=BY, reason="staff")
    sent = {"action": "place_hold", "filter": {"channel": "shop"}, "input": HOLD}

    assert call("post", data=sent | {"dry_run": True}) == (
        200,
        {"total": 3, "allowed": 2, "refused": {"It is closed or cancelled.": 1}},
    )
    status, run = call("post", data=sent)
    assert (status, run["state"], run["title"]) == (202, "waiting", "Place hold: 3 orders")
    drain()

    status, run = call("get", f"{run['id']}/")
    assert (run["state"], run["done"], run["failed"]) == ("done", 3, 1)
    rows = call("get", f"{run['id']}/rows/")[1]["results"]
    assert [(row["order"], row["outcome"]) for row in rows] == [
        (order.number, "refused" if order == orders[2] else "done") for order in orders
    ]
    assert {hold.placed_by for hold in Hold.objects.all()} == {Job.objects.get().created_by}

    status, back = call("post", f"{run['id']}/undo/")
    drain()
    assert (status, back["undoes"]) == (202, run["id"])
    assert not Hold.objects.filter(lifted_at=None).exists()
    assert call("post", f"{run['id']}/undo/")[1]["code"] == "cannot_be_undone"
    assert call("delete", f"{run['id']}/")[1]["code"] == "job_ended"


def test_an_unknown_order_is_named_before_anything_is_done(call, orders):
    sent = {"action": "place_hold", "orders": [orders[0].number, "SO999"], "input": HOLD}

    for dry_run in (True, False):
        status, problem = call("post", data=sent | {"dry_run": dry_run})
        assert status == 400
        assert problem["errors"][0]["pointer"] == "/orders/1"
        assert problem["errors"][0]["detail"] == "There is no order SO999."
    assert not Job.objects.exists()


def test_a_repeat_with_its_key_starts_one_run(call, orders):
    sent = {"action": "tag", "orders": [orders[0].number], "input": {"tags": ["vip", "gift"]}}

    first = call("post", data=sent, **{"Idempotency-Key": "once"})
    again = call("post", data=sent, **{"Idempotency-Key": "once"})
    drain()

    assert first == again
    assert Job.objects.count() == 1
    assert Order.objects.get(pk=orders[0].pk).tags == ["vip", "gift"]


def test_a_key_acts_on_its_channel_alone_and_sees_its_own_runs(call, orders):
    shop("other", duplicate_window_minutes=0)
    sent = {"action": "place_hold", "orders": [orders[0].number], "input": HOLD}

    assert call("post", data=sent, channel="other")[1]["errors"][0]["pointer"] == "/orders/0"
    run = call("post", data=sent, channel="shop")[1]
    assert call("get", f"{run['id']}/", channel="other")[0] == 404
    assert call("get", f"{run['id']}/rows/", channel="other")[0] == 404
    assert call("post", data=sent, scope="orders:read")[0] == 403

    call("delete", f"{run['id']}/", channel="shop")
    drain()
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"action": "explode", "orders": ["SO1"]}, "/action"),
        ({"action": "release"}, "/orders"),
        ({"action": "release", "filter": {}}, "/filter"),
        ({"action": "release", "filter": {"stagee": "payment"}}, "/filter/stagee"),
        ({"action": "release", "filter": {"stage": "nowhere"}}, "/filter/stage"),
        ({"action": "place_hold", "filter": {"channel": "shop"}, "input": {}}, "/input/kind"),
    ],
)
def test_a_run_that_says_something_wrong_is_refused_with_its_place(call, sent, pointer):
    status, said = call("post", data=sent)

    assert status == 400
    assert said["errors"][0]["pointer"] == pointer
    assert not Job.objects.exists()
