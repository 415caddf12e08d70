"""From placing to the daily figures, through the API alone."""

import json

import pytest

from compliance.models import Invoice
from inventory.models import StockLevel
from oms import keys, sealed, telling
from oms.models import Event
from oms.wire import decode
from orders.models import Order
from orders.serializers import OrderIn
from orders.serializers.orders import placed_order
from reporting.models import DailyProduct, DailySales, DailyShipping
from tests.ledgers import assert_ledgers_hold


def stock(sku, location):
    level = StockLevel.objects.get(product__sku=sku, location__code=location)
    return (level.on_hand, level.reserved)


def ship_everything(house, number):
    """Pick, pack and ship every fulfilment order of an order; gives the shipments' numbers."""
    house.drain()
    _, page = house.call("get", f"fulfillment-orders/?order={number}")
    shipments = []
    for work in page["results"]:
        at = f"fulfillment-orders/{work['number']}"
        status, picked = house.call("post", f"{at}/picks/", {})
        assert (status, picked["status"]) == (201, "picked")
        lines = [{"line": row["line"], "quantity": row["quantity"]} for row in work["lines"]]
        status, packed = house.call(
            "post", f"{at}/parcels/", {"parcels": [{"weight_g": 900, "lines": lines}]}
        )
        assert (status, packed["allowed_actions"]) == (201, ["ship", "recall"])
        status, shipment = house.call(
            "post", f"{at}/shipments/", {"carrier": "royal-mail", "tracking_number": "RA1"}
        )
        assert (status, shipment["status"]) == (201, "shipped")
        shipments.append(shipment["number"])
    return shipments


def test_flow_from_placing_to_the_daily_figures(house, wanted):
    status, placed = house.call("post", "orders/", wanted)

    assert status == 201
    assert (placed["status"], placed["stage"]) == ("confirmed", "fulfilment")
    assert (placed["payment_status"], placed["total"]) == ("paid", "52.80")
    assert [(row["sku"], row["allocated"]) for row in placed["lines"]] == [("MUG", 3), ("CUP", 2)]
    assert (stock("MUG", "LON"), stock("CUP", "LEE")) == ((10, 3), (5, 2))

    shipments = ship_everything(house, placed["number"])
    assert len(shipments) == 2
    for number in shipments:
        status, shipment = house.call("post", f"shipments/{number}/delivery/", {})
        assert (status, shipment["status"]) == (201, "delivered")
    house.drain()

    _, order = house.call("get", f"orders/{placed['number']}/")
    assert (order["status"], order["stage"]) == ("closed", "reporting")
    assert order["fulfillment_status"] == "shipped"
    assert (stock("MUG", "LON"), stock("CUP", "LEE")) == ((7, 0), (3, 0))
    invoices = Invoice.objects.all()
    assert (len(invoices), f"{sum(row.gross for row in invoices):.2f}") == (2, "52.80")
    sales = DailySales.objects.get()
    assert (sales.orders, sales.units, str(sales.value)) == (1, 5, "52.8000")
    assert sum(row.shipments for row in DailyShipping.objects.all()) == 2
    assert {row.product.sku: row.shipped for row in DailyProduct.objects.exclude(shipped=0)} == {
        "MUG": 3,
        "CUP": 2,
    }
    assert_ledgers_hold()


def test_flow_with_return_and_refund_ends_even(house, wanted):
    wanted["lines"][0]["external_id"] = "L-1"
    _, placed = house.call("post", "orders/", wanted)
    for number in ship_everything(house, placed["number"]):
        house.call("post", f"shipments/{number}/delivery/", {})
    house.drain()

    status, back = house.call(
        "post",
        "returns/",
        {
            "order": placed["number"],
            "reason": "damaged",
            "reference": "RET-1",
            "lines": [{"line": 1, "quantity": 1}],
        },
    )
    assert (status, back["allowed_actions"]) == (
        201,
        ["approve", "let_keep", "decline", "withdraw"],
    )
    house.call("post", f"returns/{back['number']}/approval/")
    status, back = house.call(
        "post",
        f"returns/{back['number']}/receipt/",
        {"lines": [{"line": 1, "outcome": "quarantine", "quantity": 1}]},
    )
    assert (status, back["status"], back["credit"]) == (201, "received", "12.00")
    house.drain()

    _, order = house.call("get", f"orders/{placed['number']}/")
    assert (order["payment_status"], order["balance"]["refundable"]) == ("overpaid", "12.00")
    documents = Invoice.objects.order_by("pk")
    assert [row.kind for row in documents] == ["invoice", "invoice", "credit_note"]
    owed = sum(row.gross if row.kind == "invoice" else -row.gross for row in documents)
    assert f"{owed:.2f}" == order["total"] == "40.80"
    assert stock("MUG", "LON") == (7, 0)
    assert_ledgers_hold()
    assert_events_name_what_the_api_names(house, placed["number"], back["number"])


def assert_events_name_what_the_api_names(house, order, back):
    """No key of a table leaves the house, and no word that a person typed."""
    everything = keys.create("ERP", channel="")[1]
    _, page = house.call("get", "events/?limit=1000", key=everything)
    told = {row["type"]: row for row in page["results"]}
    mug = {"line": 1, "sku": "MUG", "external_id": "L-1"}
    cup = {"line": 2, "sku": "CUP", "external_id": ""}

    assert told["order.released"]["subject"] == {
        "type": "order", "id": order, "external_id": "W-1001",
    }  # fmt: skip
    assert told["order.released"]["data"] == {
        "units": [
            {**mug, "location": "LON", "quantity": 3},
            {**cup, "location": "LEE", "quantity": 2},
        ]
    }
    assert told["order.placed"]["data"]["products"] == [
        {"sku": "MUG", "quantity": 3}, {"sku": "CUP", "quantity": 2},
    ]  # fmt: skip
    assert told["fulfillment_order.created"]["data"]["order"] == order
    assert told["return.received"]["data"] == {
        "order": order, "location": "LON", "lines": [{**mug, "product": "MUG", "quantity": 1}],
    }  # fmt: skip
    noted = Event(
        name="return.inspected", facts={"accepted": 0, "refused": 1, "note": "Ada broke it"}
    )
    assert telling.told_facts([noted]) == [{"accepted": 0, "refused": 1}]
    assert told["credit_note.issued"]["data"]["order"] == order
    assert told["credit_note.issued"]["data"]["source"] == f"return:{back}"


def test_flow_repeat_answers_the_same_order_and_other_content_conflicts(house, wanted):
    _, first = house.call("post", "orders/", wanted)

    status, again = house.call("post", "orders/", wanted)
    assert (status, again["number"]) == (200, first["number"])
    status, problem = house.call("post", "orders/", {**wanted, "lines": wanted["lines"][:1]})
    assert (status, problem["code"]) == (409, "external_id_reused")
    assert stock("MUG", "LON") == (10, 3)
    assert_ledgers_hold()


def test_flow_null_says_as_much_as_a_field_that_is_left_out(house, wanted):
    _, placed = house.call("post", "orders/", wanted)
    empty = {"phone": None, "company": None, "tax_id": None}
    same = {**wanted, "customer": {**wanted["customer"], **empty}, "placed_at": None}
    same["billing_address"] = None
    same["lines"] = [{**line, "tax_amount": None, "discount": None} for line in wanted["lines"]]

    status, again = house.call("post", "orders/", same)
    assert (status, again["number"]) == (200, placed["number"])
    status, problem = house.call("post", "orders/", {**same, "currency": None})
    assert (status, problem["errors"][0]["pointer"]) == (400, "")


def test_flow_repeat_in_another_spelling_is_the_same_order(house, wanted):
    wanted["placed_at"] = "2026-01-05T10:00:00+01:00"
    _, first = house.call("post", "orders/", wanted)
    by_another_library = {
        **wanted,
        "placed_at": "2026-01-05T09:00:00Z",
        "lines": [{**row, "unit_price": float(row["unit_price"]), "discount": 0} for row in wanted["lines"]],
        "shipping_address": {**wanted["shipping_address"], "country": "United Kingdom", "line2": ""},
        "billing_address": None,
        "total": None,
        "tags": [],
    }  # fmt: skip

    status, again = house.call("post", "orders/", dict(reversed(by_another_library.items())))
    assert (status, again["number"]) == (200, first["number"])

    dearer = {**wanted, "charges": [{"type": "shipping", "amount": "4.81"}]}
    assert house.call("post", "orders/", dearer)[0] == 409


def test_flow_repeat_of_an_order_that_an_older_release_placed(house, wanted):
    _, first = house.call("post", "orders/", wanted)
    spelled = repr(placed_order(decode(json.dumps(wanted).encode(), OrderIn)))
    Order.objects.update(fingerprint=sealed.digest(spelled))

    status, again = house.call("post", "orders/", wanted)

    assert (status, again["number"]) == (200, first["number"])


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"currency": "EUR"}, 422, "invalid_order", "/currency"),
        (
            {"charges": [{"type": "discount", "amount": 5}]},
            422,
            "invalid_order",
            "/charges/0/amount",
        ),
        ({"placed_at": "2031-01-01T00:00:00Z"}, 422, "invalid_order", "/placed_at"),
        ({"placed_at": "1999-01-01T00:00:00Z"}, 400, "invalid", "/placed_at"),
        ({"quantitty": 1}, 400, "invalid", "/quantitty"),
        (
            {"lines": [{"sku": "MUG", "quantity": 1, "unit_price": 1, "prce": 2}]},
            400,
            "invalid",
            "/lines/0/prce",
        ),
    ],
)
def test_flow_order_that_cannot_be_names_the_field(house, wanted, change, status, code, pointer):
    answered, problem = house.call("post", "orders/", {**wanted, **change})

    assert (answered, problem["code"]) == (status, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("told", ["gb", "UK", "GBR", " united kingdom "])
def test_flow_country_in_any_spelling_is_its_code(house, wanted, told):
    wanted["shipping_address"]["country"] = told

    _, placed = house.call("post", "orders/", wanted)

    assert placed["holds"] == []
    assert Order.objects.get().ship_country == "GB"


def test_flow_bulk_abort_places_nothing_and_continue_places_the_good(house, wanted):
    bad = {**wanted, "external_id": "W-2", "currency": "EUR"}
    broken = {"external_id": "W-3", "lines": []}
    good = {**wanted, "external_id": "W-4"}

    status, answer = house.call("post", "orders/bulk/", {"orders": [good, bad]})
    assert (status, [row["status"] for row in answer["results"]]) == (
        409,
        ["not_placed", "refused"],
    )
    assert stock("MUG", "LON") == (10, 0)

    status, answer = house.call(
        "post", "orders/bulk/", {"on_error": "continue", "orders": [bad, good, broken, good]}
    )
    assert status == 200
    assert [row["status"] for row in answer["results"]] == [
        "refused",
        "created",
        "refused",
        "existing",
    ]
    assert answer["results"][2]["error"]["code"] == "invalid"
    assert answer["results"][0]["error"] == {
        "code": "invalid_order",
        "detail": "Channel shop takes GBP, not EUR.",
        "pointer": "/currency",
    }
    _, answer = house.call(
        "post",
        "orders/bulk/",
        {
            "on_error": "continue",
            "orders": [{**good, "external_id": "W-9"}, {**bad, "external_id": "W-9"}],
        },
    )
    assert answer["results"][1]["error"]["detail"] == (
        "Order W-9 stands in this call more than once, with different content."
    )
    assert stock("MUG", "LON") == (10, 3)
    assert_ledgers_hold()


def test_flow_unknown_sku_is_held_and_solved_for_good(house, wanted):
    from inventory.models import Product
    from orders.models import OrderLine
    from orders.operations import remember_sku

    wanted["lines"][0]["sku"] = "MUG-OLD"
    status, placed = house.call("post", "orders/", wanted)
    assert (status, placed["stage"]) == (201, "validation")
    assert [hold["kind"] for hold in placed["holds"]] == ["unknown_sku"]

    line = OrderLine.objects.get(sku="MUG-OLD")
    remember_sku(line, by="user:1", product=Product.objects.get(sku="MUG"))

    _, order = house.call("get", f"orders/{placed['number']}/")
    assert (order["stage"], order["holds"]) == ("fulfilment", [])
    status, second = house.call("post", "orders/", {**wanted, "external_id": "W-1002"})
    assert second["holds"] == [] or second["holds"][0]["kind"] == "suspected_duplicate"
    assert second["lines"][0]["sku"] == "MUG-OLD"
    assert_ledgers_hold()


def test_flow_cancel_before_release_frees_stock_and_says_what_is_refundable(house, wanted):
    house.shop.auto_release = False
    house.shop.save()
    _, placed = house.call("post", "orders/", wanted)
    assert (placed["stage"], "release" in placed["allowed_actions"]) == ("fulfilment", True)

    status, done = house.call(
        "post", f"orders/{placed['number']}/cancellation/", {"reason": "customer"}
    )

    assert (status, done["amount"], done["refundable"]) == (201, "52.80", "52.80")
    assert done["order"]["status"] == "cancelled"
    assert stock("MUG", "LON") == (10, 0)
    assert_ledgers_hold()


def test_flow_cancel_after_release_is_refused_and_recall_is_open(house, wanted):
    _, placed = house.call("post", "orders/", wanted)
    house.drain()

    status, problem = house.call(
        "post", f"orders/{placed['number']}/cancellation/", {"reason": "customer"}
    )
    assert (status, problem["code"]) == (409, "units_released")
    assert "recall" in placed["allowed_actions"]

    status, done = house.call("post", f"orders/{placed['number']}/recall/", {"reason": "customer"})
    assert (status, done["status"], done["amount"]) == (201, "cancelled", "52.80")
    assert stock("MUG", "LON") == (10, 0)
    assert_ledgers_hold()


def test_flow_stock_moves_once_for_an_idempotency_key_and_each_time_without(house):
    cups = {"sku": "CUP", "location": "LEE", "quantity": 10, "reason": "Delivery"}
    cups["reference"] = "DN-1"

    balances = [house.call("post", "stock/movements/", cups)[1]["balance"] for _ in range(2)]
    assert balances == [15, 25]  # two parts of one delivery

    for key, balance in (("k1", 35), ("k1", 35), ("k2", 45)):
        _, row = house.call("post", "stock/movements/", cups, **{"Idempotency-Key": key})
        assert row["balance"] == balance
    assert stock("CUP", "LEE") == (45, 0)
    assert_ledgers_hold()


def test_flow_payment_that_a_retry_would_count_twice_is_refused(house, wanted):
    _, placed = house.call("post", "orders/", {**wanted, "payments": []})
    at, paid = f"orders/{placed['number']}/payments/", {"method": "card", "amount": "52.80"}
    promised = {"method": "cash_on_delivery", "amount": "52.80", "state": "pending"}
    assert house.call("post", at, promised)[0] == 201  # moves no money

    status, problem = house.call("post", at, paid)
    assert (status, problem["code"]) == (422, "repeat_not_recognisable")
    status, problem = house.call("post", at, {**paid, "method": "store_credit", "reference": "G"})
    assert (status, problem["code"]) == (422, "repeat_not_recognisable")

    for _ in range(2):
        assert house.call("post", at, paid, **{"Idempotency-Key": "p1"})[0] == 201
    assert len(house.call("get", at)[1]) == 2

    named = {**paid, "amount": "1.00", "reference": "TX-9"}
    assert [house.call("post", at, named)[0] for _ in range(2)] == [201, 200]
    assert len(house.call("get", at)[1]) == 3


def test_flow_body_of_another_type_is_not_read(house, wanted):
    answer = house.client.post(
        "/api/v1/orders/",
        json.dumps(wanted),
        content_type="text/plain",
        headers={"Authorization": f"Api-Key {house.key}"},
    )

    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
    assert not Order.objects.exists()


def test_flow_stock_that_arrives_serves_the_waiting_by_promise(house, wanted):
    wanted["lines"] = [{"sku": "CUP", "quantity": 8, "unit_price": "6.00"}]
    wanted["payments"] = [{"method": "card", "amount": "52.80", "reference": "ch_2"}]
    _, placed = house.call("post", "orders/", wanted)
    assert placed["lines"][0]["backordered"] == 3

    status, moved = house.call(
        "post",
        "stock/movements/",
        {"sku": "CUP", "location": "LEE", "quantity": 10, "reason": "Delivery", "reference": "D1"},
    )
    assert (status, moved["balance"], moved["kind"]) == (201, 15, "received")
    house.drain()

    _, order = house.call("get", f"orders/{placed['number']}/")
    assert (order["lines"][0]["backordered"], order["lines"][0]["released"]) == (0, 8)
    status, rows = house.call("get", "availability/?sku=CUP&sku=MUG&sku=NONE")
    assert rows == [
        {
            "sku": "CUP",
            "location": "LEE",
            "on_hand": 15,
            "reserved": 8,
            "available": 7,
            "fenced": 0,
        },
        {
            "sku": "MUG",
            "location": "LON",
            "on_hand": 10,
            "reserved": 0,
            "available": 10,
            "fenced": 0,
        },
    ]
    assert_ledgers_hold()


def test_flow_hold_stops_the_floor_and_lifting_lets_it_go_on(house, wanted):
    _, placed = house.call("post", "orders/", wanted)
    house.drain()
    at = f"orders/{placed['number']}"
    status, hold = house.call(
        "post", f"{at}/holds/", {"kind": "fraud", "reason": "Card reported stolen"}
    )
    assert status == 201
    _, page = house.call("get", f"fulfillment-orders/?order={placed['number']}")
    work = page["results"][0]["number"]

    status, problem = house.call("post", f"fulfillment-orders/{work}/picks/", {})
    assert (status, problem["code"]) == (409, "order_on_hold")

    status, order = house.call("delete", f"{at}/holds/{hold['id']}/", {"reason": "Checked"})
    assert (status, order["stage"]) == (200, "fulfilment")
    status, _ = house.call("post", f"fulfillment-orders/{work}/picks/", {})
    assert status == 201


def test_flow_other_channels_key_sees_nothing(house, wanted):
    from tests import factories as world

    world.shop("other")
    stranger = keys.create("Other", channel="other")[1]
    _, placed = house.call("post", "orders/", wanted)

    status, problem = house.call("get", f"orders/{placed['number']}/", key=stranger)
    assert (status, problem["code"]) == (404, "not_found")
    _, page = house.call("get", "orders/", key=stranger)
    assert page["results"] == []
