"""Why this warehouse, through the API: as the order's page tells it, for the keys that may see it."""

import pytest

from oms import keys
from tests import factories as world

pytestmark = pytest.mark.django_db
BERLIN = {"country": "DE", "latitude": 52.5, "longitude": 13.4}


@pytest.fixture
def order():
    world.stocked("MUG", world.warehouse("LON"), 10)
    world.stocked("MUG", world.warehouse("BER", **BERLIN), 10)
    return world.place(world.shop("web"), ("MUG", 3, "10.00"))


def ask(client, channel, number, scopes=("orders:read", "stock:read")):
    _, key = keys.create(channel, channel=channel, scopes=scopes)
    headers = {"Authorization": f"Api-Key {key}"}
    return client.get(f"/api/v1/orders/{number}/sourcing/", headers=headers)


def test_decision_is_told_with_figures_and_the_reason_of_each_location(client, order):
    (told,) = ask(client, "web", order.number).json()

    assert (told["cause"], told["verdict"], told["exact"]) == ("placed", "complete", True)
    assert told["sentence"] == "Everything is served: 3 from LON."
    assert (told["version"], told["rule"][:8]) == ("", "Built-in")
    assert told["figures"] == {
        "parcels": 1, "km": 2, "shipping": "0.00", "handling": "0.00", "co2e_g": 0, "days": 0,
        "units": 3, "missing": 0,
    }  # fmt: skip
    assert told["candidates"] == [
        {"location": "LON", "km": 2, "units": 3, "reason": ""},
        {"location": "BER", "km": 931, "units": 0, "reason": "+929 km"},
    ]


def test_key_of_another_channel_finds_nothing(client, order):
    world.shop("other")

    assert ask(client, "other", order.number).status_code == 404


def test_key_that_may_not_read_stock_is_not_told_what_locations_have(client, order):
    answer = ask(client, "web", order.number, scopes=("orders:read",))

    assert answer.status_code == 403
    assert "stock:read" in answer.json()["detail"]
