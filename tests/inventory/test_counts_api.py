"""Counts for handhelds: blind, idempotent, by person."""

import pytest

from inventory import operations as inventory
from inventory.models import CountEntry
from oms import keys
from oms.models import User
from tests import factories as world

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(client):
    key = keys.create("Handheld", scopes=["stock:write"])[1]

    def send(method, path, data=None, **headers):
        answer = getattr(client, method)(
            f"/api/v1/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}", **headers},
        )
        return answer.status_code, answer.json()

    return send


@pytest.fixture
def count():
    for name in ("ben", "cora"):
        User.objects.create_user(name, is_staff=True)
    london = world.warehouse()
    mug = world.stocked("MUG", london, 10, unit_cost=100)
    return inventory.plan_count(london, by=world.BY, products=[mug.pk])


def entries(quantity, counter="ben"):
    return {"counter": counter, "entries": [{"sku": "MUG", "quantity": quantity}]}


def test_handheld_counts_blind_until_the_round_ends(call, count):
    status, listed = call("get", "counts/?location=LON&counter=ben")
    path = f"counts/{count.number}"
    first = call("post", f"{path}/entries/", entries(7), **{"Idempotency-Key": "1"})
    again = call("post", f"{path}/entries/", entries(7), **{"Idempotency-Key": "1"})
    done = call("post", f"{path}/completion/", {"counter": "ben"})

    assert status == 200
    assert [row["number"] for row in listed] == [count.number]
    assert "expected" not in str(listed)
    assert first == again
    assert first[0] == 201
    assert first[1]["lines"][0]["entered"] == 7
    assert CountEntry.objects.count() == 1
    assert done[1]["status"] == "recount"
    assert call("get", "counts/?counter=ben")[1] == []
    assert len(call("get", "counts/?counter=cora")[1]) == 1


def test_recount_by_the_same_person_is_a_conflict(call, count):
    path = f"counts/{count.number}"
    call("post", f"{path}/entries/", entries(7))
    call("post", f"{path}/completion/", {"counter": "ben"})

    status, problem = call("post", f"{path}/entries/", entries(7))

    assert (status, problem["code"]) == (409, "same_counter")


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"entries": [{"sku": "PEN", "quantity": 1}]}, "/entries/0/sku"),
        ({"counter": "nobody", "entries": [{"sku": "MUG", "quantity": 1}]}, "/counter"),
        ({"entries": [{"sku": "MUG", "quantity": -1}]}, "/entries/0/quantity"),
        ({"entries": []}, "/entries"),
    ],
)
def test_bad_entries_are_told_where_and_change_nothing(call, count, sent, pointer):
    status, problem = call("post", f"counts/{count.number}/entries/", sent)

    assert status in {400, 422}
    assert pointer in str(problem)
    assert not CountEntry.objects.exists()
