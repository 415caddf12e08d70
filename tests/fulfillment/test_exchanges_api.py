"""Exchanges through the API: asked for once, priced, and ended."""

import pytest

from fulfillment.models import Exchange
from oms import keys
from tests import factories as world
from tests.fulfillment.test_exchanges import at_once, pack_and_ship

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(client):
    key = keys.create("Shop", channel="shop")[1]

    def post(path, data, key=key):
        answer = client.post(
            f"/api/v1/exchanges/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    return post


def wanted(order, **more):
    row = {"line": 1, "quantity": 1, "sku": "CUP", "unit_price": "13.50"}
    return {
        "order": order.number,
        "reference": "X1",
        "reason": "wrong_item",
        "lines": [row],
        **more,
    }


def test_exchange_is_asked_for_once_with_its_difference_and_refunded_instead(floor, call):
    at_once()
    order = world.place(floor.channel, ("MUG", 2))
    pack_and_ship(floor, order)

    for _ in range(2):
        status, made = call("", wanted(order))

    assert (status, made["ships"], made["status"]) == (201, "at_once", "open")
    assert (made["total"], made["due"], made["rma"]["reference"]) == ("13.50", "13.50", "X1")
    assert made["rma"]["replacement"] == made["replacement"]
    number = made["rma"]["number"]
    assert call(f"{number}/sending-anyway/", {"reason": "Now"})[1]["code"] == "goods_awaited"
    floor.dispatch(Exchange.objects.get().replacement)
    status, made = call(f"{number}/refund-instead/", {"reason": "The last one is broken"})
    assert (status, made["status"], made["note"]) == (201, "refunded", "The last one is broken")


def test_exchange_needs_the_right_to_place_orders_and_a_known_line(floor, call):
    order = world.place(floor.channel, ("MUG", 2))
    pack_and_ship(floor, order)
    weak = keys.create("Desk", channel="shop", scopes=["returns:write"])[1]
    twice = wanted(order, lines=wanted(order)["lines"] * 2)

    assert call("", wanted(order), key=weak)[0] == 403
    assert call("", twice)[0] in {400, 422}
    assert Exchange.objects.count() == 0
