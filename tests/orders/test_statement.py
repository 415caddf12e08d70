"""Each cent of an order, entry by entry: what was charged, what was paid, what that proves."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from compliance.models import EntityLocation, LegalEntity
from fulfillment import operations as fulfillment
from oms import keys
from oms.dispatch import drain
from oms.models import User
from oms.money import plain
from orders import operations as orders
from orders.models import Order
from orders.queries.statement import statement_of
from tests import factories as world
from tests.factories.documents import send
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
SHIPPING = orders.PlacedCharge("shipping", Decimal("4.50"), description="Parcel")


@pytest.fixture
def stock():
    london = world.warehouse()
    for sku in ("MUG", "CUP"):
        world.stocked(sku, london, 10)
    entity = LegalEntity.objects.create(code="UK", name="Shop Ltd", country="GB", currency="GBP")
    EntityLocation.objects.create(location=london, entity=entity)


@pytest.fixture
def order(stock):
    return placed()


def placed(**policy):
    return world.place(
        world.shop("web", duplicate_window_minutes=0, **policy),
        ("MUG", 3, "10.00"),
        ("CUP", 1, "7.01"),
        charges=(SHIPPING,),
    )


def told(order):
    return [
        (row.kind.value, *(plain(amount, "GBP") for amount in (row.charged, row.paid, row.balance)))
        for row in statement_of(order).entries
    ]


def parts(entry):
    return [
        (part.label, plain(part.amount, "GBP"), part.before, part.after) for part in entry.parts
    ]


def test_statement_of_a_placed_order_shows_each_line_and_charge(order):
    statement = statement_of(order)

    [placed] = statement.entries
    assert parts(placed) == [
        ("MUG", "30.00", None, 3),
        ("CUP", "7.01", None, 1),
        ("Parcel", "4.50", None, None),
    ]
    assert (placed.by, placed.charged, statement.charged) == (BY, *[Decimal("41.51")] * 2)
    assert statement.adds_up


def test_statement_follows_payment_change_cancellation_return_and_refund(order):
    payment = orders.record_capture(
        order, by=BY, method="card", amount=Decimal("41.51"), reference="ch_1"
    )
    mug, cup = order.lines.order_by("position")
    drain(webhooks=False)
    drafted = orders.draft_change(order, by="user:2", reason="By phone", steps=_steps(mug))
    orders.confirm_change(drafted, by="user:2")
    drain(webhooks=False)
    shipment = send(order)
    drain(webhooks=False)
    document = fulfillment.request_return(
        order, by=BY, wishes={cup.pk: fulfillment.Wish(1, "unwanted")}
    )
    fulfillment.approve(document, by=BY)
    fulfillment.receive(document, by=BY, outcomes={document.lines.get().pk: {"restock": 1}})
    drain(webhooks=False)
    order.refresh_from_db()
    grant = orders.grant_refund(order, by=BY, amount=Decimal("15.76"), reason="Sent back")
    orders.pay_refund(grant, by="user:3", payment=payment, amount=Decimal("10.00"), reference="re")

    statement = statement_of(order)

    assert told(order) == [
        ("placed", "41.51", "0.00", "41.51"),
        ("captured", "0.00", "41.51", "0.00"),
        ("changed", "-8.75", "0.00", "-8.75"),
        ("returned", "-7.01", "0.00", "-15.76"),
        ("granted", "0.00", "0.00", "-15.76"),
        ("refunded", "0.00", "-10.00", "-5.76"),
    ]
    changed, returned = statement.entries[2], statement.entries[3]
    assert parts(changed) == [("MUG", "-10.00", 3, 2), ("Gift wrap", "1.25", None, None)]
    assert (changed.by, changed.reason, changed.reference) == (
        "user:2",
        "By phone",
        drafted.number,
    )
    assert parts(returned) == [("CUP", "-7.01", None, 1)]
    invoice, note = statement.papers
    assert (returned.reference, returned.document) == (document.number, note.number)
    assert (invoice.source, invoice.gross) == (shipment.number, Decimal("32.76"))
    assert statement.documented == statement.money.due == Decimal("25.75")
    assert (statement.money.granted, statement.money.refunded) == (Decimal("15.76"), 10)
    assert statement.adds_up
    assert_ledgers_hold()


def _steps(mug):
    return [
        orders.Step("set_quantity", mug.pk, {"quantity": 2}),
        orders.Step(
            "add_charge", None, {"kind": "gift_wrap", "amount": "1.25", "description": "Gift wrap"}
        ),
    ]


def test_statement_of_a_cancelled_order_takes_back_lines_then_charges(stock):
    order = placed(auto_release=False)
    mug = order.lines.get(sku="MUG")
    orders.cancel_lines(order, by=BY, quantities={mug.pk: 1}, reason="inventory")
    orders.cancel(order, by=BY, reason="customer", note="changed mind")

    _, some, rest = statement_of(order).entries

    assert parts(some) == [("MUG", "-10.00", 3, 2)]
    assert parts(rest) == [
        ("MUG", "-20.00", 2, 0),
        ("CUP", "-7.01", 1, 0),
        ("Parcel", "-4.50", None, None),
    ]
    assert (rest.kind, rest.reason, rest.balance) == ("cancelled", "customer", 0)


def test_statements_of_split_orders_move_charges_and_money_from_one_to_the_other(order):
    orders.record_capture(order, by=BY, method="card", amount=Decimal("41.51"), reference="ch_1")
    cup = order.lines.get(sku="CUP")
    drain(webhooks=False)
    drafted = orders.draft_change(
        order, by=BY, steps=[orders.Step("split_off", cup.pk, {"quantity": 1})]
    )
    orders.confirm_change(drafted, by=BY)
    other = Order.objects.exclude(pk=order.pk).get()
    order.refresh_from_db()

    here, there = statement_of(order), statement_of(other)

    assert [row.kind for row in here.entries] == ["placed", "captured", "moved_out", "changed"]
    assert parts(here.entries[3]) == [("CUP", "-7.01", 1, 0)]
    assert [row.kind for row in there.entries] == ["split_off", "moved_in"]
    assert parts(there.entries[0]) == [("CUP", "7.01", None, 1)]
    assert (here.entries[-1].balance, there.entries[-1].balance) == (0, 0)


def test_a_total_that_history_does_not_explain_is_found(order):
    Order.objects.filter(pk=order.pk).update(total=Decimal(1))

    with pytest.raises(AssertionError, match=f"{order}: 1.*due, its statement ends at 41.51"):
        assert_ledgers_hold()


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def enter(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return enter


def test_money_page_shows_entries_and_is_linked_from_the_order(order, sign_in):
    orders.record_capture(order, by=BY, method="card", amount=Decimal(50), reference="ch_1")
    client = sign_in("Finance")
    url = reverse("admin:orders_order_money", args=[order.pk])
    assert url in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    page = " ".join(client.get(url).content.decode().split())

    assert "The entries add up" in page
    assert "ch_1" in page
    assert "GBP 8.49" in page or "£8.49" in page


@pytest.mark.parametrize("included", [True, False])
def test_money_page_tells_how_each_line_comes_to_its_amount(stock, sign_in, included):
    channel = world.shop("b2b", duplicate_window_minutes=0, price_includes_tax=included)
    line = orders.PlacedLine("MUG", 3, Decimal(10), Decimal(6), tax_amount=Decimal("4.80"))
    sent = replace(world.wish(), lines=(line,))
    order = orders.place_one(channel, sent, by=BY).order
    url = reverse("admin:orders_order_money", args=[order.pk])

    told = " ".join(
        strip_tags(sign_in("Finance").get(url).content.decode().replace("<", " <")).split()
    )

    kind = "incl." if included else "plus"
    assert f"MUG × 3 at £10.00, less £6.00, {kind} £4.80 tax" in told


def test_payments_tell_what_came_what_went_and_what_is_authorised(order, sign_in):
    orders.record_authorization(order, by=BY, method="card", amount=Decimal(50), reference="pi_1")
    payment = order.payments.get()
    orders.capture(payment, by="user:7", amount=Decimal("45.51"))
    grant = orders.grant_refund(order, by=BY, amount=Decimal(4), reason="Overpaid")
    orders.pay_refund(grant, by="user:8", payment=payment, amount=Decimal(4), reference="re_1")
    client = sign_in("Finance")

    row, page = (
        " ".join(strip_tags(client.get(url).content.decode().replace("<", " <")).split())
        for url in (
            reverse("admin:orders_payment_changelist"),
            reverse("admin:orders_payment_change", args=[payment.pk]),
        )
    )

    assert "£50.00 £41.51 £4.00 refunded, £4.49 authorised pi_1" in row
    assert "Capture £45.51" in page
    assert re.search(r"Refund £4\.00 · .* by .*, re_1", page)


def test_list_of_payments_costs_the_same_for_one_and_three(
    order, sign_in, django_assert_num_queries
):
    client, url = sign_in("Finance"), reverse("admin:orders_payment_changelist")
    orders.record_capture(order, by=BY, method="card", amount=Decimal(5))
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(2):
        orders.record_capture(order, by=BY, method="card", amount=Decimal(5))
    with django_assert_num_queries(len(one)):
        client.get(url)


def test_money_page_costs_no_more_with_more_entries(order, sign_in):
    client, url = sign_in("Finance"), reverse("admin:orders_order_money", args=[order.pk])
    orders.record_capture(order, by=BY, method="card", amount=Decimal(5), reference="c")
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for at in range(3):
        orders.record_capture(order, by=BY, method="card", amount=Decimal(5), reference=f"c{at}")
    with CaptureQueriesContext(connection) as more:
        client.get(url)

    assert len(more) == len(one)


def test_warehouse_sees_no_money_page(order, sign_in):
    url = reverse("admin:orders_order_money", args=[order.pk])

    assert sign_in("Warehouse").get(url).status_code == 403


def test_ledger_by_api_says_what_the_page_says(order, client):
    orders.record_capture(order, by=BY, method="card", amount=Decimal(50), reference="ch_1")
    key = keys.create("Web", channel="web")[1]

    answer = client.get(
        f"/api/v1/orders/{order.number}/ledger/", headers={"Authorization": f"Api-Key {key}"}
    )

    body = answer.json()
    assert (body["charged"], body["paid"], body["adds_up"]) == ("41.51", "50.00", True)
    assert [(row["kind"], row["balance"]) for row in body["entries"]] == [
        ("placed", "41.51"),
        ("captured", "-8.49"),
    ]
    assert body["entries"][0]["parts"][0] == {
        "label": "MUG",
        "amount": "30.00",
        "units_before": None,
        "units_after": 3,
    }
