"""The time machine's door for other systems."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from inventory import operations as inventory
from inventory.operations import Why
from oms import keys
from tests import factories as world

pytestmark = pytest.mark.django_db
START = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def ask(client):
    key = keys.create("WMS", scopes=["stock:read"])[1]

    def get(**query):
        headers = {"Authorization": f"Api-Key {key}"}
        answer = client.get("/api/v1/stock/at/", query, headers=headers)
        return answer.status_code, answer.json()

    return get


@pytest.fixture
def history():
    """Ten mugs; a day later two are sold, then three quarantined; then the ten were really nine."""
    with time_machine.travel(START, tick=False) as clock:
        mug = world.stocked("MUG", london := world.warehouse(), 10)
        clock.shift(timedelta(days=1))
        order = world.place(world.shop(), ("MUG", 2), placed_at=START)
        clock.shift(timedelta(days=1))
        inventory.quarantine(mug, london, 3, by=world.BY, why=Why("inspection", "Wet"))
        clock.shift(timedelta(days=1))
        inventory.adjust(mug, london, -1, by=world.BY, why=Why("miscounted"), effective_at=START)
    return order


@pytest.mark.parametrize(
    ("days", "figures"),
    [
        (-1, (0, 0, 0, 0)),
        (0, (10, 0, 0, 9)),
        (1, (10, 2, 0, 9)),
        (2, (7, 2, 3, 6)),
        (3, (6, 2, 3, 6)),
    ],
)
def test_figures_of_each_day(ask, history, days, figures):
    status, (row,) = ask(sku="MUG", at=(START + timedelta(days=days)).isoformat())

    assert status == 200
    told = (row["on_hand"], row["reserved"], row["quarantined"], row["corrected"])
    assert told == (figures if days >= 0 else (0, 0, 0, 0))


def test_answer_names_the_documents(ask, history):
    _, (row,) = ask(sku="MUG", location="LON", at=(START + timedelta(days=2)).isoformat())

    assert [(m["kind"], m["quantity"], m["reference"]) for m in row["movements"]] == [
        ("quarantined", 3, ""),
        ("quarantined", -3, ""),
        ("received", 10, "opening"),
    ]
    assert [(r["order"], r["quantity"], r["state"]) for r in row["reservations"]] == [
        (history.number, 2, "open")
    ]
    (learnt,) = row["learnt_since"]
    assert (learnt["quantity"], learnt["reason_code"]) == (-1, "miscounted")
    assert row["more"] is False


def test_fewer_documents_than_there_are_are_said_to_be_fewer(ask, history):
    _, (row,) = ask(sku="MUG", documents="1")

    assert (len(row["movements"]), row["more"]) == (1, True)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"sku": "NONE"}, 404),
        ({"sku": "MUG", "location": "NONE"}, 400),
        ({"sku": "MUG", "at": "yesterday"}, 400),
        ({"sku": "MUG", "at": "2026-02-01T09:00:00"}, 400),
        ({"sku": "MUG", "at": "2026-13-01T09:00:00Z"}, 400),
        ({"sku": "MUG", "at": "2199-01-01T00:00:00Z"}, 400),
        ({"sku": "MUG", "documents": "-1"}, 400),
        ({"sku": "MUG", "documents": "9999"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(ask, history, query, status):
    assert ask(**query)[0] == status


def test_a_channels_key_sees_the_numbers_of_its_own_orders_alone(client, history):
    world.shop("other")

    def orders_seen(channel):
        key = keys.create("shop", channel=channel, scopes=["stock:read"])[1]
        headers = {"Authorization": f"Api-Key {key}"}
        [then] = client.get("/api/v1/stock/at/", {"sku": "MUG"}, headers=headers).json()
        return then["reserved"], {row["order"] for row in then["reservations"]}

    assert orders_seen("shop") == (2, {history.number})
    assert orders_seen("other") == (2, {""})
