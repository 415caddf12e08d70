from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import Disclosure
from fulfillment.models import Carrier, FulfillmentOrder, Shipment
from inventory.models import Location
from oms.models import Event, User
from orders import operations
from orders.admin.order import OrderAdmin
from orders.enums import HoldKind, OrderStatus, Stage
from orders.models import Hold, Order, Payment, RefundGrant, SkuAlias
from tests.factories import BY, CORA, place, product, shop, stocked, warehouse
from tests.factories.documents import ship
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture(autouse=True)
def _no_counts_kept():
    cache.clear()


@pytest.fixture
def login(client):
    def as_role(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client, f"user:{user.pk}"

    return as_role


@pytest.fixture
def ben(login):
    return login("Operations")


def page_of(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def act(order, name):
    return reverse("admin:orders_order_act", args=[order.pk, name])


def press(client, url, **data):
    return client.post(url, {"act": url.split("/")[-2], **data}, follow=True)


def order_with_stock(**policy):
    stocked("MUG", warehouse(), 10)
    return place(shop(**policy), ("MUG", 2))


# --- The list ---------------------------------------------------------------------------------


def test_list_with_three_orders_asks_as_much_as_with_one(ben):
    client, _ = ben
    stocked("MUG", warehouse(), 50)
    channel = shop()
    client.get(LIST)

    def count():
        quiet_sidebar()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    place(channel, ("MUG", 1), external_id="1")
    with_one = count()
    place(channel, ("MUG", 2), ("MUG", 1), external_id="2", customer=CORA)
    held = place(channel, ("NEVER-SEEN", 1), external_id="3", customer=CORA)

    assert held.holds.count() == 1
    assert count() == with_one == 16  # five of them counts in the tabs, one the types of holds


def test_list_never_counts_the_whole_table(ben):
    client, _ = ben
    order_with_stock()

    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)

    counts = [q["sql"] for q in queries if "COUNT(" in q["sql"] and '"orders_order"' in q["sql"]]
    assert counts
    assert all("LIMIT" in sql or "GROUP BY" in sql for sql in counts)


def test_list_says_number_buyer_money_and_where_it_stands(ben):
    client, by = ben
    order = order_with_stock()

    page = client.get(LIST).content.decode()

    assert order.number in page
    assert "Ada Byron" in page
    assert "£20.00" in page
    assert "Fulfilment" in page
    assert Disclosure.objects.filter(subject=order.subject, reader=by).count() == 1


def test_list_for_reader_without_the_permission_masks_the_buyer(login):
    client, _ = login("Auditor")
    order_with_stock()

    page = client.get(LIST).content.decode()

    assert "Ada Byron" not in page
    assert "••••••" in page
    assert Disclosure.objects.count() == 0


@pytest.mark.parametrize(
    ("view", "there"),
    [
        ("hold", ["held"]),
        ("pay", ["unpaid"]),
        ("allocate", ["short"]),
        ("ship", ["ready"]),
        ("late", []),
    ],
)
def test_saved_view_shows_what_waits_there_and_nothing_else(ben, view, there):
    client, _ = ben
    stocked("MUG", warehouse(), 10)
    product("PEN")
    channel = shop(needs_payment=True)
    later = shop("later")
    orders = {
        "held": place(later, ("NEVER-SEEN", 1)),
        "unpaid": place(channel, ("MUG", 1)),
        "short": place(later, ("PEN", 3), customer=CORA),
        "ready": place(later, ("MUG", 1), external_id="r", customer=CORA),
    }
    Order.objects.update(promised_at=timezone.now() + timedelta(days=1))

    page = client.get(f"{LIST}?view={view}").content.decode()

    assert [name for name, order in orders.items() if order.number in page] == there


def test_late_view_shows_open_orders_past_their_promise(ben):
    client, _ = ben
    order = order_with_stock()
    Order.objects.update(promised_at=timezone.now() - timedelta(hours=2))

    page = client.get(f"{LIST}?view=late").content.decode()

    assert order.number in page
    assert "2 h late" in page


@pytest.mark.parametrize(
    "term", ["number", "W-77", "mug", "ada@example.com", "+44 20 7946 0001", "byron", "SO"]
)
def test_search_finds_an_order_by_every_name_it_has(ben, term):
    client, _ = ben
    stocked("MUG", warehouse(), 10)
    product("PEN")
    channel = shop()
    order = place(channel, ("MUG", 1), external_id="W-77")
    other = place(channel, ("PEN", 1), external_id="W-78", customer=CORA)

    page = client.get(LIST, {"q": order.number if term == "number" else term}).content.decode()

    assert order.number in page
    assert (other.number in page) == (term == "SO")


def test_search_by_name_without_the_permission_finds_nobody(login):
    client, _ = login("Auditor")
    order = order_with_stock()

    page = client.get(LIST, {"q": "ada@example.com"}).content.decode()

    assert order.number not in page


def test_filter_by_kind_of_hold_shows_only_those_orders(ben):
    client, _ = ben
    channel = shop()
    unknown = place(channel, ("NEVER-SEEN", 1))
    product("PEN")
    asked = place(channel, ("PEN", 1), customer=CORA)
    operations.place_hold(asked, by=BY, kind=HoldKind.FRAUD, reason="Odd")

    page = client.get(f"{LIST}?hold=fraud").content.decode()

    assert asked.number in page
    assert unknown.number not in page


# --- The page ---------------------------------------------------------------------------------


def test_page_answers_lines_money_person_and_timeline(ben):
    client, by = ben
    order = order_with_stock()

    page = client.get(page_of(order)).content.decode()

    for words in (
        "2 at LON",
        "£20.00",
        "Ada Byron",
        "12 St James",
        "Placed through Shop",
        "2 units at LON",
    ):
        assert words in page
    reading = Disclosure.objects.get()
    assert (reading.reader, reading.what) == (by, f"orders.order {order.number}")


def test_page_for_reader_without_the_permission_opens_nothing(login):
    client, _ = login("Auditor")
    order = order_with_stock()

    page = client.get(page_of(order)).content.decode()

    assert "Ada Byron" not in page
    assert "ada@example.com" not in page
    assert "Your role does not read personal data" in page
    assert Disclosure.objects.count() == 0


def test_page_with_ten_lines_asks_as_much_as_with_one(ben):
    client, _ = ben
    place_ = warehouse()
    for number in range(10):
        stocked(f"MUG{number}", place_, 10)
    channel = shop()
    small = place(channel, ("MUG0", 1), external_id="1")
    large = place(channel, *((f"MUG{n}", 1) for n in range(10)), external_id="2")
    client.get(page_of(small))

    def count(order):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of(order)).status_code == 200
        return len(queries)

    assert count(large) == count(small)


@pytest.mark.parametrize(
    ("situation", "sentence", "button"),
    [
        ("unknown", "Unknown SKU: NEVER-SEEN", "Map SKU"),
        ("held", "Suspected fraud: Odd", "Lift hold"),
        ("short", "Waits for stock: 3 × PEN", "See stock"),
        ("unpaid", "waits for payment of £10.00", "Record payment"),
        ("by hand", "somebody has to release it", "Release"),
    ],
)
def test_page_names_the_one_blocking_fact_and_its_button(ben, situation, sentence, button):
    client, _ = ben
    stocked("MUG", warehouse(), 10)
    product("PEN")
    channel = shop(needs_payment=situation == "unpaid", auto_release=situation != "by hand")
    line = {"unknown": ("NEVER-SEEN", 1), "short": ("PEN", 3)}.get(situation, ("MUG", 1))
    order = place(channel, line)
    if situation == "held":
        operations.place_hold(order, by=BY, kind=HoldKind.FRAUD, reason="Odd")

    context = client.get(page_of(order)).context

    assert sentence.removeprefix("Suspected fraud: ") in context["blocker"].sentence
    assert context["blocker"].label == button
    assert context["blocker_button"]


def test_page_of_an_order_at_two_locations_says_what_each_has_to_do(ben):
    client, _ = ben
    order = order_with_stock()
    line = order.lines.get()
    leeds, london = warehouse("LDS"), Location.objects.get(code="LON")
    for number, location, status, units, dropped in (
        ("FO1", london, "open", 3, 2),
        ("FO2", leeds, "picked", 5, 0),
    ):
        work = FulfillmentOrder.objects.create(
            number=number, order=order, location=location, status=status
        )
        work.lines.create(order_line=line, quantity=units, dropped=dropped)

    page = client.get(page_of(order))

    told = page.context["blocker"].sentence
    assert told == "1 unit at LON: open. 5 units at LDS: picked."
    crumbs = page.content.decode().split('id="header-inner"')[1].split("</header>")[0]
    assert ">Inventory<" not in crumbs
    assert crumbs.count(">Orders<") == 1


@pytest.mark.parametrize(
    ("status", "sentence", "quiet"),
    [
        ("in_transit", "On its way: 2 units with the carrier.", True),
        ("exception", "SH1: Parcel Post reports: exception.", False),
    ],
)
def test_page_of_a_shipped_order_says_what_the_carrier_says(ben, status, sentence, quiet):
    client, _ = ben
    order = order_with_stock()
    work = FulfillmentOrder.objects.create(
        number="FO1", order=order, location=Location.objects.get(), status="shipped"
    )
    carrier = Carrier.objects.create(code="post", name="Parcel Post")
    ship(order, "SH1", MUG=2)
    Shipment.objects.create(
        number="SH1", order=order, fulfillment_order=work, carrier=carrier, status=status
    )

    blocker = client.get(page_of(order)).context["blocker"]

    assert (blocker.sentence, blocker.quiet) == (sentence, quiet)


def test_buttons_are_those_allowed_now(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)

    before = {button["name"] for button in client.get(page_of(order)).context["acts"]}
    operations.cancel(order, by=BY, reason="customer")
    after = {button["name"] for button in client.get(page_of(order)).context["acts"]}

    assert before == {
        "release",
        "reroute",
        "record_payment",
        "redeem_credit",
        "correct_address",
        "set_purchase_order",
        "change_promise",
        "set_priority",
        "place_hold",
        "cancel",
        "cancel_lines",
        "tag",
        "assign",
        "ship_with",
        "give_task",
    }
    assert after == {"give_task", "tag"}


def test_buttons_need_the_permission(login):
    client, _ = login("Warehouse")
    order = order_with_stock(auto_release=False)

    names = {button["name"] for button in client.get(page_of(order)).context["acts"]}

    assert names == {"place_hold"}
    assert press(client, act(order, "release")).status_code == 403
    assert Order.objects.get().status == OrderStatus.PLACED


# --- The acts ---------------------------------------------------------------------------------


def test_release_hands_the_order_to_its_location(ben):
    client, by = ben
    order = order_with_stock(auto_release=False)

    response = press(client, act(order, "release"))

    assert f"{order} is released" in response.content.decode()
    assert Order.objects.get().status == OrderStatus.CONFIRMED
    assert Event.objects.get(name="order.released").actor == by


def test_place_hold_stops_the_order_and_keeps_who_and_why(ben):
    client, by = ben
    order = order_with_stock(auto_release=False)

    press(client, act(order, "place_hold"), kind="fraud", reason="Odd address", owner="Finance")

    hold = Hold.objects.get()
    assert (hold.kind, hold.reason, hold.owner, hold.placed_by) == (
        "fraud",
        "Odd address",
        "Finance",
        by,
    )
    assert Order.objects.get().stage == Stage.VALIDATION


def test_place_hold_never_loses_a_second_reason(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)
    press(client, act(order, "place_hold"), kind="fraud", reason="Odd address", owner="")

    answer = press(client, act(order, "place_hold"), kind="fraud", reason="Odd card", owner="")

    assert "has this hold already: Odd address" in answer.content.decode()
    assert list(Hold.objects.values_list("reason", flat=True)) == ["Odd address"]


def test_place_hold_without_a_reason_changes_nothing(ben):
    client, _ = ben
    order = order_with_stock()

    response = press(client, act(order, "place_hold"), kind="fraud", reason="")

    assert response.status_code == 200
    assert "reason" in response.context["form"].errors
    assert Hold.objects.count() == 0


def test_lift_hold_goes_back_to_the_order(ben):
    client, by = ben
    order = order_with_stock()
    hold = operations.place_hold(order, by=BY, kind=HoldKind.FRAUD, reason="Odd")
    url = reverse("admin:orders_hold_act", args=[hold.pk, "lift"])

    response = client.post(url, {"act": "lift", "reason": "Called back", "next": page_of(order)})

    assert response.url == page_of(order)
    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lift_reason) == (by, "Called back")


def test_cancel_gives_stock_back(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)

    press(client, act(order, "cancel"), reason="customer", note="")

    assert Order.objects.get().status == OrderStatus.CANCELLED
    assert order.lines.get().reservations.filter(state="open").count() == 0


def test_cancelled_order_is_not_to_be_shipped_by_any_day(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)
    assert "ship by" in client.get(page_of(order)).content.decode()
    operations.cancel(order, by=BY, reason="customer")

    page, [row] = client.get(page_of(order)), client.get(LIST).context["cl"].result_list

    assert "ship by" not in page.content.decode()
    assert OrderAdmin(Order, site).promise_column(row) == "–"


def test_cancel_of_a_released_order_is_not_offered_and_refused(ben):
    client, _ = ben
    order = order_with_stock()

    response = press(client, act(order, "cancel"), reason="customer", note="")

    assert "Recall those" in response.content.decode()
    assert Order.objects.get().status == OrderStatus.CONFIRMED


def test_cancel_lines_cancels_only_what_was_asked(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)
    line = order.lines.get()

    press(client, act(order, "cancel_lines"), **{f"line_{line.pk}": 1}, reason="customer", note="")

    line.refresh_from_db()
    assert (line.cancelled, line.allocated) == (1, 1)


def test_page_says_what_the_units_of_a_line_cost_that_are_left(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)
    operations.cancel_lines(order, by=BY, reason="customer", quantities={order.lines.get().pk: 1})

    [row] = client.get(page_of(order)).context["line_rows"]

    assert (row.line.total, row.due) == (20, 10)
    assert "ordered for £20.00" in client.get(page_of(order)).content.decode()


def test_stages_of_a_cancelled_order_end_where_it_ended(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)
    operations.cancel(order, by=BY, reason="customer")

    steps = client.get(page_of(order)).context["steps"]

    assert [(step.title, step.state) for step in steps] == [
        ("Placement", "done"),
        ("Validation", "done"),
        ("Allocation", "done"),
        ("Payment", "off"),
        ("Fulfilment", "off"),
        ("Shipping", "off"),
        ("Cancelled", "ended"),
    ]


def test_cancel_lines_of_nothing_asks_again(ben):
    client, _ = ben
    order = order_with_stock(auto_release=False)

    response = press(client, act(order, "cancel_lines"), reason="customer", note="")

    assert response.context["form"].non_field_errors() == ["Say how many units of which line."]
    assert order.lines.get().cancelled == 0


def test_record_payment_lets_a_waiting_order_go(ben):
    client, by = ben
    order = order_with_stock(needs_payment=True)

    press(client, act(order, "record_payment"), method="bank_transfer", amount="20", reference="T1")

    assert Payment.objects.get().reference == "T1"
    assert Order.objects.get().status == OrderStatus.CONFIRMED
    assert Event.objects.get(name="order.payment_captured").actor == by

    sent = press(client, act(order, "record_payment"), method="card", amount="7.50")
    assert "£7.50 received as" in sent.content.decode()
    assert "That is £7.50 more than is due." in sent.content.decode()


def test_refund_is_granted_by_one_role_and_paid_by_another(ben, login):
    client, _ = ben
    order = order_with_stock(auto_release=False)
    operations.record_capture(order, by=BY, method="card", amount=Decimal(25), reference="c")

    press(client, act(order, "grant_refund"), amount="5", reason="Overpaid")
    grant = RefundGrant.objects.get()
    pay = reverse("admin:orders_refundgrant_act", args=[grant.pk, "pay"])
    data = {"payment": Payment.objects.get().pk, "amount": "5", "reference": "r1"}
    assert press(client, pay, **data).status_code == 403
    client, by = login("Finance")
    assert press(client, act(order, "grant_refund"), amount="1", reason="x").status_code == 403
    shown = client.get(pay).content.decode()
    assert "Refund of £5.00" in shown
    assert 'value="5.00"' in shown
    assert "5.0000" not in shown
    press(client, pay, **data)

    assert [row.by for row in grant.transactions.all()] == [by]


def test_map_sku_solves_the_line_and_is_remembered(ben):
    client, _ = ben
    order = place(shop(), ("NEVER-SEEN", 1))
    mug = stocked("MUG", warehouse(), 5)
    line = order.lines.get()

    press(client, act(order, "solve_sku"), line=line.pk, product=mug.pk, remember="on")

    assert SkuAlias.objects.get().product == mug
    assert order.holds.filter(lifted_at=None).count() == 0
    assert Order.objects.get().status == OrderStatus.CONFIRMED


def test_correct_address_begins_with_the_present_one_and_records_the_reading(ben):
    client, by = ben
    order = order_with_stock(auto_release=False)

    form = client.get(act(order, "correct_address")).context["form"]
    data = dict(form.initial, line2="Flat 2", reason="The buyer called")
    press(client, act(order, "correct_address"), **data)

    assert form.initial["line1"] == "12 St James's Square"
    assert Disclosure.objects.filter(reader=by).count() == 2  # the form, then the page
    assert Event.objects.filter(name="order.address_corrected").count() == 1


def test_correct_address_takes_a_country_in_any_case():
    order = order_with_stock(auto_release=False)
    told = {"name": "Ada", "line1": "2 New Road", "city": "London", "postcode": "N1 1AA"}

    corrected = operations.correct_address(
        order, by=BY, shipping_address={**told, "country": "gb"}, reason="By phone"
    )

    assert corrected.ship_country == "GB"


# --- Other pages ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    ["orders_hold", "orders_payment", "orders_refundgrant", "orders_channel", "orders_skualias"],
)
def test_list_page_opens_for_operations(ben, page):
    client, _ = ben
    order = place(shop(), ("NEVER-SEEN", 1))
    operations.record_capture(order, by=BY, method="card", amount=Decimal(30))

    response = client.get(reverse(f"admin:{page}_changelist"))

    assert response.status_code == 200


def test_channel_code_stays_when_a_channel_is_edited(ben):
    client, _ = ben
    channel = shop()
    url = reverse("admin:orders_channel_change", args=[channel.pk])

    response = client.get(url)
    form = response.context["adminform"].form
    shown = {name: value for name, value in form.initial.items() if value is not None}
    client.post(url, shown | {"name": "New name", "code": "other"})

    channel.refresh_from_db()
    assert response.status_code == 200
    assert (channel.name, channel.code) == ("New name", "shop")
    assert channel.history.count() == 2
