"""Money of an order through the API: taken, given up, granted back and paid; and what it refuses."""

import inspect
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from inventory.models import HolidayCalendar, LocationService
from oms import keys
from orders import operations as orders
from orders.admin.money import money_rows
from orders.models import Hold, Order, Payment, PaymentTransaction, RefundGrant
from orders.operations.payments import open_amount
from orders.queries import actions, balance
from orders.queries.together import could_join, first_cut_off
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
DOORS = {  # where the API does what an order's `allowed_actions` name
    "place_hold": "post /orders/{number}/holds/",
    "lift_hold": "delete /orders/{number}/holds/{hold_id}/",
    "release_now": "post /orders/actions/",
    "approve": "post /orders/{number}/approval/",
    "set_purchase_order": "put /orders/{number}/purchase-order/",
    "decline": "post /orders/{number}/approval/",
    "undo_cancel": "delete /orders/{number}/cancellation/",
    "change": "post /orders/{number}/changes/",
    "correct_address": "post /orders/{number}/changes/",
    "release": "post /orders/actions/",
    "reroute": "post /orders/actions/",
    "record_payment": "post /orders/{number}/payments/",
    "capture": "post /orders/{number}/payments/{payment}/captures/",
    "void": "post /orders/{number}/payments/{payment}/void/",
    "grant_refund": "post /orders/{number}/refunds/",
    "pay_refund": "post /orders/{number}/refunds/{refund}/payments/",
    "cancel": "post /orders/{number}/cancellation/",
    "cancel_lines": "post /orders/{number}/cancellation/",
    "recall": "post /orders/{number}/recall/",
    "return": "post /returns/",
}


@pytest.fixture
def order(db):
    world.stocked("MUG", world.warehouse(), 10)
    return world.place(world.shop("web", needs_payment=True), ("MUG", 2, "10.00"))


def moved():
    return PaymentTransaction.objects.count(), RefundGrant.objects.count()


def test_every_allowed_action_has_a_door_that_the_schema_describes():
    schema = (Path(settings.BASE_DIR) / "docs" / "openapi.yaml").read_text()
    known = set(
        re.findall(r'^        "(\w+)": ', inspect.getsource(actions.allowed_actions), re.MULTILINE)
    )

    assert set(DOORS) == known
    for door in DOORS.values():
        method, path = door.split()
        described = schema.split(f"\n  /api/v1{path}:\n", 1)[1].split("\n  /", 1)[0]
        assert f"\n    {method}:\n" in f"\n{described}", door


def test_authorised_money_is_taken_in_part_and_the_rest_given_up(order, call):
    orders.record_authorization(order, by=BY, method="card", amount=Decimal(20), reference="au_1")
    path = f"orders/{order.number}/payments/{Payment.objects.get().number}"

    taken = {"amount": "12.00", "reference": "ch_1"}
    for _ in range(2):
        status, payment = call("post", f"{path}/captures/", taken)
        assert status == 201, payment
    assert call("post", f"{path}/captures/", {"amount": "8.01", "reference": "ch_2"})[1][
        "code"
    ] == ("amount_too_high")
    assert call("post", f"{path}/captures/", {})[1]["code"] == "repeat_not_recognisable"
    assert call("post", f"{path}/void/")[0] == 200
    assert call("post", f"{path}/void/")[0] == 200

    money = balance(Order.objects.get(pk=order.pk))
    assert (money.captured, money.authorized) == (12, 0)
    assert_ledgers_hold()


@pytest.mark.parametrize("method", ["on_account", "cash_on_delivery"])
def test_what_is_paid_later_is_not_received_unless_that_is_said(order, call, method):
    status, later = call(
        "post", f"orders/{order.number}/payments/", {"method": method, "amount": "20"}
    )
    assert (status, later["transactions"]) == (201, [])

    message = {
        "external_id": "LATER-1",
        "currency": "GBP",
        "customer": {"name": "Ada Byron", "email": "ada@example.com"},
        "shipping_address": world.LONDON,
        "lines": [{"sku": "MUG", "quantity": 1, "unit_price": "10.00"}],
        "payments": [{"method": method, "amount": "10.00"}],
    }
    status, placed = call("post", "orders/", message)

    assert (status, placed["payment_status"], placed["balance"]["captured"]) == (
        201,
        "unpaid",
        "0.00",
    )


def test_capture_without_an_amount_takes_all_that_is_open(order, call):
    orders.record_authorization(order, by=BY, method="card", amount=Decimal(20), reference="au_1")
    path = f"orders/{order.number}/payments/{Payment.objects.get().number}/captures/"

    for _ in range(2):
        assert call("post", path, {"reference": "ch_1"})[0] == 201

    assert balance(Order.objects.get(pk=order.pk)).captured == 20


def test_refund_is_granted_once_and_paid_by_whoever_may_pay(order, call, client):
    orders.record_capture(order, by=BY, method="card", amount=Decimal(25), reference="ch_1")
    path, payment = f"orders/{order.number}/refunds/", Payment.objects.get().number

    wanted = {"amount": "5.00", "reason": "Paid too much", "reference": "R1"}
    status, refund = call("post", path, wanted)
    assert (status, refund["amount"], refund["paid"]) == (201, "5.00", "0.00")
    assert call("post", path, wanted)[1]["id"] == refund["id"]
    more = {"amount": "0.01", "reason": "More", "reference": "R2"}
    status, problem = call("post", path, more)
    assert (problem["code"], problem["detail"]) == (
        "amount_too_high",
        "0.01 GBP is too much; at most 0.00 is possible.",
    )

    pay = f"{path}{refund['id']}/payments/"
    key = keys.create("Shop", channel="web", scopes=["orders:write"])[1]
    refused = client.post(
        f"/api/v1/{pay}",
        {"payment": payment, "reference": "re_1"},
        content_type="application/json",
        headers={"Authorization": f"Api-Key {key}"},
    )
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "This key lacks the scope bank:write.",
    )
    assert call("post", pay, {"payment": "P-9", "reference": "re_1"})[0] == 400
    for _ in range(2):
        status, refund = call(
            "post", pay, {"payment": payment, "amount": "5.00", "reference": "re_1"}
        )
        assert (status, refund["paid"]) == (201, "5.00")
    assert call("post", pay, {"payment": payment, "reference": "re_1"})[0] == 201
    assert [each["paid"] for each in call("get", path)[1]] == ["5.00"]
    assert_ledgers_hold()


def test_refund_of_another_channels_order_is_not_found(order, call):
    world.shop("other")

    assert call("get", f"orders/{order.number}/refunds/", channel="other")[0] == 404


@pytest.mark.parametrize(
    "act",
    [
        lambda order: orders.record_capture(
            order, by=BY, method="card", amount=Decimal("0.001"), reference="x"
        ),
        lambda order: orders.record_pending(
            order, by=BY, method="bank_transfer", amount=Decimal("5.005")
        ),
        lambda order: orders.capture(
            order.payments.get(method="card"), by=BY, amount=Decimal("1.005")
        ),
        lambda order: orders.grant_refund(order, by=BY, amount=Decimal("0.001"), reason="Less"),
    ],
)
def test_less_than_the_smallest_coin_is_no_money(order, act):
    orders.record_authorization(order, by=BY, method="card", amount=Decimal(20), reference="au_1")
    orders.record_capture(order, by=BY, method="bank_transfer", amount=Decimal(25), reference="c_1")
    order.refresh_from_db()
    before = moved(), Payment.objects.count()
    with pytest.raises(orders.NoSuchAmount, match="GBP has no such small amounts"):
        act(order)

    assert (moved(), Payment.objects.count()) == before


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"charges": [{"type": "shipping", "amount": "1.005"}]}, "/charges/0/amount"),
        (
            {"charges": [{"type": "shipping", "amount": "3.00", "tax_amount": "0.505"}]},
            "/charges/0/tax_amount",
        ),
        (
            {
                "lines": [
                    {"sku": "MUG", "quantity": 1, "unit_price": "9.995", "tax_amount": "0.001"}
                ]
            },
            "/lines/0/tax_amount",
        ),
    ],
)
def test_order_with_parts_of_a_coin_is_refused_at_its_place(order, call, wrong, pointer):
    sent = {
        "external_id": "N1",
        "currency": "GBP",
        "customer": {"name": "Ada", "email": "ada@example.com"},
        "shipping_address": {
            "name": "Ada", "line1": "1 Road", "city": "London", "postcode": "E1 1AA", "country": "GB",
        },
        "lines": [{"sku": "MUG", "quantity": 1, "unit_price": "9.995"}],
    } | wrong  # fmt: skip

    status, problem = call("post", "orders/", sent)

    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert Order.objects.count() == 1


def test_hold_is_repeated_by_its_reason_and_never_loses_another(order, call):
    path, held = f"orders/{order.number}/holds/", {"kind": "other", "reason": "Gift note"}

    assert [call("post", path, held)[0] for _ in range(2)] == [201, 200]
    status, problem = call("post", path, held | {"reason": "Call first"})
    assert (status, problem["code"]) == (409, "held_otherwise")
    assert "Gift note" in problem["detail"]
    assert call("post", path, held | {"reason": "Call first", "handle": "2"})[0] == 201
    assert call("post", path, held | {"reason": "   ", "handle": "3"})[0] == 400
    hold = Hold.objects.earliest("pk")
    assert call("delete", f"{path}{hold.pk}/")[0] == 400
    assert set(Hold.objects.values_list("reason", "lifted_at")) == {
        ("Gift note", None), ("Call first", None),
    }  # fmt: skip


def test_authorisation_of_an_earlier_release_is_given_up_to_the_last_part_of_a_cent(order):
    orders.record_authorization(order, by=BY, method="card", amount=Decimal(20), reference="au_1")
    payment = Payment.objects.get()
    PaymentTransaction.objects.create(
        payment=payment, kind="authorize", amount=Decimal("0.005"), by=BY, at=timezone.now()
    )

    orders.void(Payment.objects.get(), by=BY)

    assert open_amount(Payment.objects.get()) == 0


def test_cancelled_orders_panel_of_money_adds_up():
    world.stocked("CUP", world.warehouse(), 3)
    charge = orders.PlacedCharge("shipping", Decimal("3.95"))
    shop = world.shop("post", auto_release=False)
    order = world.place(shop, ("CUP", 1), charges=(charge,))
    orders.cancel(order, by=BY, reason="staff")

    rows = money_rows(order, balance(order), list(order.lines.all()))
    shipping = next(row for row in rows if row.label == "Shipping")

    assert (shipping.amount, shipping.note) == ("£0.00", "£3.95, cancelled with the order")


def test_order_joins_only_what_goes_to_the_very_same_address():
    world.stocked("CUP", world.warehouse(cutoff=time(15), time_zone="Europe/London"), 9)
    shop = world.shop("post", duplicate_window_minutes=0)
    next_door = {**world.LONDON, "line1": "13 St James's Square"}
    first = world.place(shop, ("CUP", 2), external_id="1")
    world.place(shop, ("CUP", 2), external_id="2", shipping_address=next_door)
    third = world.place(shop, ("CUP", 2), external_id="3")

    with time_machine.travel(datetime(2026, 11, 27, 15, 1, tzinfo=UTC)):
        found, closes = could_join(third), first_cut_off([first, third])

    assert found == [first]
    assert (closes.location, closes.at) == ("LON", datetime(2026, 11, 28, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "hour", "closes"),
    [(27, 14, 27), (27, 16, 30), (29, 10, 30)],  # Friday before and after three; Sunday
)
def test_location_closes_its_day_on_working_days_alone(day, hour, closes):
    place = world.warehouse(cutoff=time(15), time_zone="Europe/London")
    world.stocked("CUP", place, 9)
    LocationService.objects.create(location=place, weekdays="12345", lead_days=2)
    order = world.place(world.shop("post"), ("CUP", 2))

    with time_machine.travel(datetime(2026, 11, day, hour, tzinfo=UTC)):
        found = first_cut_off([order])

    assert found.at == datetime(2026, 11, closes, 15, tzinfo=UTC)


def test_location_closes_no_day_on_holidays():
    place = world.warehouse(cutoff=time(15), time_zone="Europe/London")
    world.stocked("CUP", place, 9)
    calendar = HolidayCalendar.objects.create(name="Scotland")
    calendar.holidays.create(day=date(2026, 11, 30), name="St Andrew's Day")
    LocationService.objects.create(location=place, calendar=calendar)
    order = world.place(world.shop("post"), ("CUP", 2))

    with time_machine.travel(datetime(2026, 11, 30, 10, tzinfo=UTC)):
        found = first_cut_off([order])

    assert found.at == datetime(2026, 12, 1, 15, tzinfo=UTC)


def test_order_of_which_something_was_sent_joins_no_other():
    world.stocked("CUP", world.warehouse(), 9)
    shop = world.shop("post", duplicate_window_minutes=0)
    first, second = [world.place(shop, ("CUP", 2), external_id=name) for name in "12"]
    assert could_join(second) == [first]

    Order.objects.filter(pk=second.pk).update(fulfillment_status="partially_shipped")
    second.refresh_from_db()

    assert could_join(second) == []
