"""Exceptions, claims and types of holds through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import operations as orders
from orders.models import Hold, HoldType
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def hold():
    world.stocked("MUG", world.warehouse(), 50)
    order = world.place(world.shop("web"), ("MUG", 3))
    return orders.place_hold(order, by=BY, kind="fraud", reason="Odd")


def test_exceptions_tell_what_would_unblock_each_and_filter(call, hold):
    status, answer = call("get", "exceptions/?kind=fraud&claimed=false&owner=Finance")

    assert status == 200
    (row,) = answer["results"]
    assert (row["order"], row["total"], row["remedy"]) == (hold.order.number, "30.00", "lift_hold")
    assert (row["hold"]["name"], row["hold"]["owner"]) == ("Fraud", "Finance")
    assert row["hold"]["unblock"].startswith("Check payment and buyer")
    assert call("get", "exceptions/?kind=review")[1]["results"] == []


def test_exceptions_and_claims_of_another_channel_are_not_seen(call, hold):
    world.shop("other")

    assert call("get", "exceptions/", channel="other")[1]["results"] == []
    path = f"orders/{hold.order}/holds/{hold.pk}/claim/"
    assert call("post", path, channel="other")[0] == 404


def test_claim_by_one_key_refuses_the_other_and_can_be_given_back(call, hold):
    path = f"orders/{hold.order}/holds/{hold.pk}/claim/"
    orders.claim_hold(hold, by="user:77")

    status, answer = call("post", path)
    assert (status, answer["code"]) == (409, "hold_claimed")

    orders.give_back_hold(hold, by="user:77")
    status, answer = call("post", path)
    assert status == 200
    assert answer["claimed_by"].startswith("api-key:")

    assert len(call("get", "exceptions/?claimed=true")[1]["results"]) == 1
    Hold.objects.update(claimed_at=timezone.now() - timedelta(hours=9))
    [row] = call("get", "exceptions/?claimed=false")[1]["results"]
    assert row["hold"]["claimed_by"] == ""


def test_types_are_listed_and_an_unknown_one_is_refused(call, hold):
    orders.add_hold_type("gift-check", orders.Terms("Gift check", test="paid"), by=BY)

    kinds = {row["code"]: row for row in call("get", "hold-types/")[1]}
    assert len(kinds) == HoldType.objects.count()
    assert kinds["gift-check"]["ends_when"] == "Paid or authorised"

    path = f"orders/{hold.order}/holds/"
    assert call("post", path, {"kind": "gift-check", "reason": "Card"})[0] == 201
    status, answer = call("post", path, {"kind": "never", "reason": "Card"})
    assert (status, answer["code"]) == (409, "unknown_hold_type")
    assert answer["detail"].startswith("There is no type of hold never to place; known: ")
    assert "gift-check" in answer["params"]["known"].split(", ")
