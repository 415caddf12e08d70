"""Changing orders through the API: drafted with a preview, confirmed, discarded, read back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import queries as customers
from oms import keys
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.models import Order, OrderChange, OrderCharge, OrderVersion
from orders.queries.sealing import CONTEXT
from tests import factories as world

pytestmark = pytest.mark.django_db
FEWER = {"kind": "set_quantity", "line": 1, "quantity": 1}


@pytest.fixture
def order():
    london = world.warehouse()
    world.stocked("MUG", london, 10)
    world.stocked("CUP", london, 10)
    placed = world.place(world.shop("web"), ("MUG", 3, "10.00"))
    drain(webhooks=False)
    return placed


@pytest.fixture
def call(client, order):
    key = keys.create("Web", channel="web")[1]

    def act(method, path="changes/", data=None, **headers):
        answer = getattr(client, method)(
            f"/api/v1/orders/{order.number}/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}", **headers},
        )
        return answer.status_code, answer.json()

    return act


def drafted(call, *steps):
    status, body = call("post", data={"steps": steps or [FEWER], "reason": "By phone"})
    assert status == 201, body
    return body


def everything():
    tables = (Order, OrderVersion, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_post_drafts_and_shows_what_would_happen(call):
    before = everything()

    body = drafted(
        call, FEWER, {"kind": "add_line", "sku": "CUP", "quantity": 2, "unit_price": "5"}
    )

    seen = body["preview"]
    assert (body["status"], body["reason"], seen["refusal"]) == ("draft", "By phone", None)
    assert (seen["before"]["total"], seen["after"]["total"]) == ("30.00", "20.00")
    assert seen["after"]["route"] == {"LON": 3}
    assert everything() == before


def test_confirmation_changes_the_order_once_and_versions_tell(call, order):
    body = drafted(call)
    at = f"changes/{body['number']}/confirmation/"

    status, done = call("post", at, **{"Idempotency-Key": "c-1"})
    again = call("post", at, **{"Idempotency-Key": "c-1"})

    assert (status, done["status"], done["outcome"]["after"]["total"]) == (
        201,
        "confirmed",
        "10.00",
    )
    assert again == (status, done)
    assert call("post", at)[1]["code"] == "change_ended"
    order.refresh_from_db()
    assert order.total == 10
    _, versions = call("get", "versions/")
    assert [row["version"] for row in versions] == [1, 2]
    assert versions[1]["differences"][0] == {"what": "MUG: quantity", "before": "3", "after": "1"}


def test_confirmation_of_an_order_that_moved_is_409_until_steps_are_put_again(call, order):
    body = drafted(call)
    at = f"changes/{body['number']}/"
    orders.place_hold(order, by=world.BY, kind="other", reason="Wait")
    before = everything()

    status, problem = call("post", f"{at}confirmation/")

    assert (status, problem["code"]) == (409, "order_moved")
    assert everything() == before
    status, shown = call("put", at, {"steps": [FEWER]})
    assert (status, shown["preview"]["before"]["holds"]) == (200, ["Wait"])
    assert call("post", f"{at}confirmation/")[0] == 201


def test_delete_discards(call):
    body = drafted(call)

    status, ended = call("delete", f"changes/{body['number']}/")

    assert (status, ended["status"]) == (200, "discarded")
    assert call("get", f"changes/{body['number']}/")[1]["preview"] is None
    assert [row["status"] for row in call("get")[1]] == ["discarded"]


def test_address_is_sealed_and_not_shown(call):
    address = {**world.LONDON, "line1": "1 Secret Lane"}

    body = drafted(call, {"kind": "set_address", "address": address})

    assert body["preview"]["refusal"] is None
    assert "Secret" not in str(body)


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"kind": "set_quantity", "line": 1}, "/steps/0/quantity"),
        ({"kind": "set_quantity", "line": 9, "quantity": 1}, "/steps/0/line"),
        ({"kind": "set_quantity", "line": 1, "quantity": 1, "sku": "MUG"}, "/steps/0/sku"),
        ({"kind": "remove_charge", "charge": 1}, "/steps/0/charge"),
        ({"kind": "add_charge", "type": "return", "amount": "1"}, "/steps/0/type"),
        ({"kind": "vanish", "line": 1}, "/steps/0/kind"),
    ],
)
def test_post_of_what_does_not_fit_points_at_it(call, step, pointer):
    status, problem = call("post", data={"steps": [step]})

    assert (status, problem["errors"][0]["pointer"]) == (400, pointer)
    assert not OrderChange.objects.exists()


def test_post_of_a_negative_price_is_shown_as_refusal(call):
    body = drafted(call, {"kind": "set_price", "line": 1, "unit_price": "-1"})

    assert body["preview"]["refusal"]["code"] == "step_impossible"


def test_other_channels_order_is_not_there(client, order):
    world.shop("other")
    key = keys.create("Other", channel="other")[1]

    answer = client.get(
        f"/api/v1/orders/{order.number}/changes/", headers={"Authorization": f"Api-Key {key}"}
    )

    assert answer.status_code == 404


def test_change_is_among_the_allowed_actions_until_the_end(call, order):
    assert "change" in call("get", "")[1]["allowed_actions"]


def test_steps_that_are_read_can_be_written_again(call, order):
    OrderCharge.objects.create(order=order, kind="fee", amount=2, tax_amount=0)
    steps = [
        {"kind": "set_quantity", "line": 1, "quantity": 2},
        {"kind": "set_price", "line": 1, "unit_price": "9.00", "discount": "0.50"},
        {"kind": "add_line", "sku": "CUP", "quantity": 1, "unit_price": "5.00"},
        {"kind": "add_charge", "type": "shipping", "amount": "1.50", "description": "Express"},
        {"kind": "remove_charge", "charge": 1},
        {"kind": "split_off", "line": 1, "quantity": 1},
    ]

    body = drafted(call, *steps)
    status, again = call("put", f"changes/{body['number']}/", {"steps": body["steps"]})

    assert body["steps"] == steps
    assert (status, again["steps"]) == (200, steps)
    assert again["preview"]["after"] == body["preview"]["after"] is not None


def test_address_step_that_is_read_can_be_written_again_and_keeps_its_address(call, order):
    moved = {**world.LONDON, "line1": "1 Other Lane", "country": "united kingdom"}
    body = drafted(call, {"kind": "set_address", "address": moved})
    at = f"changes/{body['number']}/"

    shown = call("get", at)[1]["steps"]
    status, again = call("put", at, {"steps": shown})

    assert (status, shown, again["preview"]["refusal"]) == (200, [{"kind": "set_address"}], None)
    assert call("post", f"{at}confirmation/")[0] == 201
    order.refresh_from_db()
    kept = customers.unseal(order.subject, order.sealed, CONTEXT)["shipping_address"]
    assert (kept["line1"], order.ship_country) == ("1 Other Lane", "GB")
    versions = call("get", "versions/")[1]
    assert [row["address_changed"] for row in versions] == [False, True]
    assert "Other Lane" not in str(versions)
    assert call("post", data={"steps": [{"kind": "set_address"}]})[1]["errors"][0]["pointer"] == (
        "/steps/0/address"
    )


def test_outcome_names_what_each_part_is(call):
    body = drafted(call)

    _, done = call("post", f"changes/{body['number']}/confirmation/")

    assert body["outcome"] is None
    assert done["outcome"]["parts"] == [
        {"what": "MUG", "amount": "-20.00", "units_before": 3, "units_after": 1}
    ]
    assert done["outcome"]["orders"] == []


def test_list_of_changes_asks_the_same_number_of_questions_however_long(call):
    costs = []
    for _ in range(2):
        drafted(call, FEWER, {**FEWER, "quantity": 2})
        drafted(call)
        with CaptureQueriesContext(connection) as asked:
            call("get")
        costs.append(len(asked))

    assert costs[0] == costs[1]
