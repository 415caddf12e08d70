"""Parcels that come back, by the back office and by the API."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from fulfillment.models import OriginReturn
from oms import keys
from oms.models import User
from orders.models import Order, RefundGrant
from tests.fulfillment.test_admin import press
from tests.fulfillment.test_origin import scan_all, ship
from tests.ledgers import assert_ledgers_hold


@pytest.fixture
def as_role(client):
    def sign_in(role):
        user = User.objects.create_user(role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def call(client):
    keyed = {}

    def post(path, data, scopes=keys.USUAL):
        if scopes not in keyed:
            keyed[scopes] = keys.create("K", channel="shop", scopes=scopes)[1]
        answer = client.post(
            f"/api/v1/shipments/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {keyed[scopes]}"},
        )
        return answer.status_code, answer.json()

    return post


def buttons(client, shipment):
    page = client.get(reverse("admin:fulfillment_shipment_change", args=[shipment.pk]))
    return {row["name"] for row in page.context["acts"]}, page.content.decode()


def test_warehouse_takes_it_back_and_support_sends_it_once_more(floor, as_role):
    (shipment,) = ship(floor)
    client = as_role("Warehouse")
    assert "bring_back" in buttons(client, shipment)[0]
    said = press(client, shipment, "bring_back", reason="address_unknown", note="No such house")
    row = OriginReturn.objects.select_related("return_order", "order", "shipment").get()
    assert said == [
        f"{shipment} comes back: receive it as {row.return_order}, then decide about it."
    ]
    shown, page = buttons(client, shipment)
    assert not {"bring_back", "reship", "refund_origin"} & shown
    assert "Address unknown: No such house" in page

    scan = reverse("admin:fulfillment_scan_return", args=[row.return_order_id])
    for _ in range(2):
        client.post(scan, {"code": "MUG", "outcome": "restock"})
    client = as_role("Support")
    order_page = client.get(reverse("admin:orders_order_change", args=[row.order_id]))
    assert "came back to us (address unknown)" in order_page.content.decode()
    assert {"reship", "refund_origin", "keep_for_later"} <= buttons(client, shipment)[0]
    listed = client.get("/admin/fulfillment/originreturn/?decision=waiting").content.decode()
    assert shipment.number in listed

    (said,) = press(client, shipment, "reship", reason="Moved", line1="1 Baker Street")
    assert "city, country" in said
    assert Order.objects.count() == 1
    where = {"line1": "1 Baker Street", "city": "London", "postcode": "NW1 6XE", "country": "gb"}
    (said,) = press(client, shipment, "reship", reason="Moved", **where)

    made = Order.objects.latest("pk")
    assert said == f"{made} is placed and reserved."
    assert f"{made.number}</a>" in buttons(client, shipment)[1]
    assert_ledgers_hold()


def test_empty_list_says_when_something_shows_up(db, as_role):
    page = as_role("Auditor").get("/admin/fulfillment/originreturn/").content.decode()

    assert "Nothing came back undelivered" in page


def test_list_costs_the_same_for_one_and_three(floor, as_role, django_assert_num_queries):
    from fulfillment import operations as fulfillment

    client = as_role("Auditor")
    for turn in range(3):
        (shipment,) = ship(floor)
        fulfillment.bring_back(shipment, by="user:1", reason="refused")
        if turn in {0, 2}:
            client.get("/admin/fulfillment/originreturn/?decision=waiting")
            with django_assert_num_queries(6):
                client.get("/admin/fulfillment/originreturn/?decision=waiting")


def test_api_brings_back_and_decides_within_its_scopes(floor, call):
    (shipment,) = ship(floor, method="cash_on_delivery", state="pending")
    number = shipment.number
    assert call(f"{number}/origin-decision/", {"decision": "hold", "reason": "x"})[0] == 404

    status, sent = call(f"{number}/return-to-origin/", {"reason": "refused", "note": "Door shut"})
    back = sent["returned_to_origin"]
    assert (status, sent["status"], back["cash_called_off"]) == (201, "returned_to_sender", "20.00")
    assert (back["reason"], back["decision"], back["replacement"]) == ("refused", "waiting", None)
    assert call(f"{number}/return-to-origin/", {"reason": "uncollected"})[0] == 201

    decide = f"{number}/origin-decision/"
    status, sent = call(
        decide, {"decision": "hold", "reason": "Holiday"}, scopes=("shipments:write",)
    )
    assert (status, sent["returned_to_origin"]["decision"]) == (201, "hold")
    reship = {"decision": "reship", "reason": "At home again"}
    assert call(decide, reship, scopes=("shipments:write",))[0] == 403
    assert call(decide, reship)[1]["code"] == "goods_awaited"
    scan_all(OriginReturn.objects.get())
    where = {"line1": "1 Baker Street", "city": "London", "postcode": "NW1 6XE", "country": "GB"}
    status, sent = call(decide, {**reship, "shipping_address": where})
    assert sent["returned_to_origin"]["replacement"] == Order.objects.latest("pk").number
    assert call(decide, {"decision": "refund", "reason": "x"})[1]["code"] == "decided_before"
    assert not RefundGrant.objects.exists()
    assert_ledgers_hold()


def test_api_does_not_take_back_what_was_delivered(floor, call):
    from fulfillment import operations as fulfillment

    (shipment,) = ship(floor)
    fulfillment.deliver(shipment, by="user:1")

    status, said = call(f"{shipment.number}/return-to-origin/", {"reason": "refused"})

    assert (status, said["code"]) == (409, "cannot_come_back")
