"""An ERP orders, a warehouse system receives, transfers go by their numbers; retries are harmless."""

import json

import pytest

from inventory.models import GoodsReceipt, PurchaseOrder, StockLevel, Transfer
from oms import keys
from tests import factories as world
from tests.factories import supply
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(client):
    _, text = keys.create("ERP", scopes=["purchasing:write", "stock:write"])

    def send(method, path, body=None, **headers):
        return client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"Authorization": f"Api-Key {text}", **headers},
        )

    return send


@pytest.fixture
def order(call):
    """The number of a sent order of ten mugs and six cups."""
    supply.supplier(), supply.place(), supply.goods("MUG"), supply.goods("CUP")
    lines = [
        {"sku": "MUG", "quantity": 10, "unit_price": "2.50"},
        {"sku": "CUP", "quantity": 6, "unit_price": "1.00"},
    ]
    made = call("POST", "purchase-orders/", {"supplier": "ACME", "location": "LON", "lines": lines})
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert call("POST", f"purchase-orders/{number}/sending/").json()["status"] == "sent"
    return number


def test_order_is_written_sent_confirmed_received_and_closed(call, order):
    day = {"reference": "ACK", "expected_on": "2027-02-01"}
    day["lines"] = [{"line": 2, "expected_on": "2027-02-09"}]
    confirmed = call("POST", f"purchase-orders/{order}/confirmation/", day).json()
    came = {"reference": "DN-1", "lines": [{"sku": "MUG", "good": 8, "damaged": 1}]}
    first = call("POST", f"purchase-orders/{order}/receipts/", came)
    again = call("POST", f"purchase-orders/{order}/receipts/", came)
    closed = call("POST", f"purchase-orders/{order}/closure/", {"reason": "No more"}).json()

    assert [line["expected_on"] for line in confirmed["lines"]] == ["2027-02-01", "2027-02-09"]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (closed["status"], closed["receipts"]) == ("closed", [first.json()["number"]])
    assert [line["missing"] for line in closed["lines"]] == [1, 6]
    assert StockLevel.objects.get().on_hand == 8
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lines": [{"sku": "MUG", "good": 11}]}, 409, "over_delivered"),
        ({"lines": [{"sku": "JAR", "good": 1}]}, 404, "not_found"),
        ({"lines": [{"sku": "MUG", "good": -1}]}, 400, "invalid"),
        ({"lines": []}, 400, "invalid"),
        ({"lines": [{"sku": "MUG"}]}, 409, "nothing_received"),
        ({"lines": [{"sku": "MUG", "good": 1, "unit_cost": "-1"}]}, 400, "invalid"),
    ],
)
def test_receipt_that_is_refused_says_why_and_changes_nothing(call, order, body, status, code):
    answer = call("POST", f"purchase-orders/{order}/receipts/", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not GoodsReceipt.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"supplier": "NOBODY"}, 404),
        ({"location": "MARS"}, 404),
        ({"lines": [{"sku": "MUG", "quantity": 0}]}, 400),
        ({"lines": [{"sku": "MUG", "quantity": 1, "unit_price": "-2"}]}, 400),
        ({"currency": "USD"}, 409),
        ({"currency": "USD", "exchange_rate": "0"}, 400),
    ],
)
def test_order_that_is_refused_is_not_written(call, order, change, status):
    body = {"supplier": "ACME", "location": "LON", "lines": [{"sku": "MUG", "quantity": 1}]}

    answer = call("POST", "purchase-orders/", {**body, **change})

    assert answer.status_code == status, answer.content
    assert PurchaseOrder.objects.count() == 1


def test_order_in_a_foreign_currency_names_its_rate(call, order):
    body = {"supplier": "ACME", "location": "LON", "currency": "USD", "exchange_rate": "0.78512345",
            "lines": [{"sku": "MUG", "quantity": 1, "unit_price": "4"}]}  # fmt: skip

    made = call("POST", "purchase-orders/", body).json()

    assert (made["exchange_rate"], made["lines"][0]["unit_price"]) == ("0.78512345", "4.00")


def test_orders_are_listed_and_found(call, order):
    found = call("GET", "purchase-orders/?status=sent&supplier=ACME").json()["results"]

    assert [row["number"] for row in found] == [order]
    assert call("GET", f"purchase-orders/{order}/").json()["supplier"] == "ACME"
    assert call("GET", "purchase-orders/PO0/").status_code == 404
    assert [row["code"] for row in call("GET", "suppliers/").json()["results"]] == ["ACME"]


def test_draft_is_cancelled_with_its_reason(call, order):
    answer = call("POST", f"purchase-orders/{order}/cancellation/", {"reason": "Too dear"})

    assert answer.json()["status"] == "cancelled"


def test_blind_receipt_and_its_landed_cost(call):
    supply.place(), supply.goods("MUG")
    body = {"location": "LON", "lines": [{"sku": "MUG", "good": 4, "unit_cost": "2.5"}]}

    made = call("POST", "receipts/", body).json()
    cost = {"kind": "freight", "amount": "8", "spread_by": "weight", "reference": "F-1"}
    for _ in range(2):
        shown = call("POST", f"receipts/{made['number']}/landed-costs/", cost).json()

    assert made["lines"] == [
        {"sku": "MUG", "lot": None, "good": 4, "damaged": 0, "unit_cost": "2.50"}
    ]
    assert [row["amount"] for row in shown["landed_costs"]] == ["8.00"]
    assert [row["number"] for row in call("GET", "receipts/").json()["results"]] == [made["number"]]


def test_transfer_goes_from_request_to_settlement(call):
    world.stocked("MUG", supply.place("LON"), 9)
    supply.place("LEE")
    body = {"source": "LON", "destination": "LEE", "reference": "W-1",
            "lines": [{"sku": "MUG", "quantity": 5}]}  # fmt: skip
    number = call("POST", "transfers/", body).json()["number"]
    assert call("POST", "transfers/", body).json()["number"] == number

    call("POST", f"transfers/{number}/shipment/")
    came = {"reference": "V-1", "lines": [{"sku": "MUG", "good": 3}]}
    receipts = [call("POST", f"transfers/{number}/receipts/", came).json() for _ in range(2)]
    ended = call(
        "POST", f"transfers/{number}/settlement/", {"outcome": "write_off", "reason": "lost"}
    ).json()

    assert receipts[0] == receipts[1]
    assert ended["status"] == "received"
    line = ended["lines"][0]
    assert (line["received"], line["written_off"], line["in_transit"]) == (3, 2, 0)
    assert_ledgers_hold()


def test_transfer_on_its_way_is_not_cancelled_without_a_settlement(call):
    world.stocked("MUG", supply.place("LON"), 9)
    supply.place("LEE")
    lines = [{"sku": "MUG", "quantity": 5}]
    body = {"source": "LON", "destination": "LEE", "lines": lines}
    number = call("POST", "transfers/", body).json()["number"]
    call("POST", f"transfers/{number}/shipment/", {"lines": [{"sku": "MUG", "quantity": 4}]})

    refused = call("POST", f"transfers/{number}/cancellation/", {"reason": "Stop"})
    choice = {"outcome": "write_back", "reason": "returned"}
    done = call(
        "POST", f"transfers/{number}/cancellation/", {"reason": "Stop", "settlement": choice}
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "settlement_missing")
    assert done.json()["status"] == "cancelled"
    assert StockLevel.objects.get(location__code="LON").on_hand == 9
    assert Transfer.objects.get().lines.get().written_back == 4


def test_key_without_the_scope_is_refused(client):
    _, text = keys.create("Shop", scopes=["orders:write"])

    answer = client.get("/api/v1/purchase-orders/", headers={"Authorization": f"Api-Key {text}"})

    assert answer.status_code == 403
