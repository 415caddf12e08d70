"""What users of other systems complain of, each shown not to happen here.

The numbers are those of the list of complaints that this system answers to. Races are shown in
`tests/concurrency`, sequences of everything in `test_any_sequence`; here is each in a few lines.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, FulfillmentOrder
from inventory import operations as inventory
from inventory.models import Location, Product, Reservation, StockLevel
from oms import keys
from oms.dispatch import drain
from oms.models import Event
from orders import operations
from orders.models import Order
from orders.queries import balance
from tests.factories import BY, CORA, place, product, shop, stocked, warehouse, wish
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
Step = operations.Step


@pytest.fixture
def channel():
    stocked("MUG", warehouse(), 10)
    return shop(duplicate_window_minutes=0)


def edit(order, *steps):
    drain()  # what was released has become work of a location
    change = operations.draft_change(order, by=BY, steps=steps)
    operations.confirm_change(change, by=BY)
    return Order.objects.get(pk=order.pk)


def ship(order, units):
    """Pick, pack and ship so many units of an order's only line."""
    drain()
    work = FulfillmentOrder.objects.get(order=order)
    fulfillment.accept(work, by=BY)
    fulfillment.pick(work, by=BY)
    parcel = fulfillment.PackedParcel(500, {work.lines.get().pk: units})
    fulfillment.pack(work, by=BY, parcels=[parcel])
    carrier = Carrier.objects.get_or_create(code="mail", defaults={"name": "Mail"})[0]
    fulfillment.ship(work, by=BY, carrier=carrier, tracking_number="T1")


def test_complaint_1_two_buyers_do_not_get_the_last_unit(channel):
    channel.allows_backorder = False
    channel.save()
    twice = wish(("MUG", 6), ("MUG", 5), external_id="both lines together want eleven")
    place(channel, ("MUG", 9), external_id="first")

    for wanted in (twice, wish(("MUG", 2), customer=CORA, external_id="second")):
        with pytest.raises(operations.OutOfStock):
            operations.place_one(channel, wanted, by=BY)

    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (10, 9)


def test_complaint_2_a_reserved_figure_that_drifted_is_found_and_repaired(channel):
    place(channel, ("MUG", 4))
    call_command("check_ledgers")
    StockLevel.objects.update(reserved=7)

    with pytest.raises((CommandError, SystemExit)):
        call_command("check_ledgers")
    call_command("check_ledgers", repair=True)

    assert StockLevel.objects.get().reserved == 4


def test_complaint_3_a_shipment_consumes_what_its_own_location_reserved(channel):
    stocked("MUG", warehouse("LDS"), 10)
    order = place(channel, ("MUG", 3))
    held = Reservation.objects.get(state="open").level

    ship(order, 3)

    other = StockLevel.objects.exclude(pk=held.pk).get()
    held.refresh_from_db()
    assert (held.on_hand, held.reserved) == (7, 0)
    assert (other.on_hand, other.reserved) == (10, 0)


def test_complaint_5_a_placed_and_partly_shipped_order_can_be_edited(channel):
    stocked("PEN", warehouse("LDS"), 5)
    order = place(channel, ("MUG", 4))
    ship(order, 1)
    line = order.lines.get()

    order = edit(
        order,
        Step("set_quantity", line.pk, {"quantity": 2}),
        Step("add_line", values={"sku": "PEN", "quantity": 1, "unit_price": "2.00"}),
    )

    assert sorted((one.sku, one.due) for one in order.lines.all()) == [("MUG", 2), ("PEN", 1)]
    assert order.total == Decimal(22)


def test_complaint_6_money_adds_up_after_edits_and_refunds(channel):
    order = place(channel, ("MUG", 4))
    operations.record_capture(order, by=BY, method="card", amount=Decimal(40), reference="ch_1")
    line = order.lines.get()
    for left in (3, 2):
        order = edit(order, Step("set_quantity", line.pk, {"quantity": left}))
        grant = operations.grant_refund(order, by=BY, amount=Decimal(10), reason="fewer")
        payment = order.payments.get()
        operations.pay_refund(
            grant, by=BY, payment=payment, amount=Decimal(10), reference=f"re_{left}"
        )

    money = balance(Order.objects.get(pk=order.pk))
    assert (money.due, money.received, money.balance, money.refundable) == (20, 20, 0, 0)


def test_complaint_4_a_page_of_many_orders_asks_no_more_than_a_page_of_one(
    channel, admin_client, django_assert_max_num_queries
):
    """What is counted and what is read stays the same; the bench has the times for a million."""
    inventory.receive(Product.objects.get(), Location.objects.get(), 90, by=BY)
    place(channel, ("MUG", 1), external_id="first")
    pages = ("/admin/orders/order/", "/admin/")
    asked = {}
    for page in pages:
        admin_client.get(page)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(page)
        asked[page] = len(queries)
    for number in range(60):
        place(channel, ("MUG", 1), external_id=str(number))
    for page in pages:
        with django_assert_max_num_queries(asked[page]):
            assert admin_client.get(page).status_code == 200


def test_complaint_7_a_return_puts_each_unit_where_it_was_found_to_belong(channel):
    order = place(channel, ("MUG", 4, "10.00"))
    ship(order, 4)
    level = StockLevel.objects.get(product__sku="MUG")
    line = order.lines.get()
    asked = {line.pk: fulfillment.Wish(4, "unwanted")}
    document = fulfillment.approve(fulfillment.request_return(order, by=BY, wishes=asked), by=BY)

    fulfillment.receive(
        document,
        by=BY,
        outcomes={document.lines.get().pk: {"restock": 2, "quarantine": 1, "scrap": 1}},
    )

    def units(one):
        return one.on_hand, one.quarantined, one.available

    gained = [b - a for a, b in zip(units(level), units(StockLevel.objects.get()), strict=True)]
    assert gained == [2, 1, 2]
    assert_ledgers_hold()


def test_complaint_8_a_declined_and_a_half_received_return_leave_a_way_on(channel):
    order = place(channel, ("MUG", 3, "10.00"))
    operations.record_capture(order, by=BY, method="card", amount=Decimal(30), reference="ch_1")
    ship(order, 3)
    line = order.lines.get()

    def ask(units):
        wishes = {line.pk: fulfillment.Wish(units, "unwanted")}
        return fulfillment.request_return(order, by=BY, wishes=wishes)

    fulfillment.decline(ask(3), by=BY, reason="Not yet")  # no unit of it is lost for the next
    document = fulfillment.approve(ask(2), by=BY)
    fulfillment.receive(document, by=BY, outcomes={document.lines.get().pk: {"restock": 1}})
    fulfillment.give_up_rest(document, by=BY, reason="Only one came")
    grant = operations.grant_refund(order, by=BY, amount=Decimal(10), reason="Came back")
    operations.pay_refund(grant, by="user:2", payment=order.payments.get(), amount=Decimal(10))
    fulfillment.close(document, by=BY)
    again = fulfillment.approve(ask(2), by=BY)
    fulfillment.receive(again, by=BY, outcomes={again.lines.get().pk: {"restock": 2}})

    money = balance(Order.objects.get(pk=order.pk))
    states = order.returns.order_by("pk").values_list("status", flat=True)
    assert list(states) == ["declined", "closed", "received"]
    assert (money.due, money.received, money.refundable) == (0, 20, 20)
    assert_ledgers_hold()


def test_complaint_9_an_order_sent_twice_is_one_order_and_one_charge(channel):
    paid = operations.PlacedPayment("card", Decimal(10), reference="ch_1")
    sent = wish(("MUG", 1), external_id="W-1", payments=(paid,))

    first, again = (operations.place_one(channel, sent, by=BY) for _ in range(2))

    assert (first.created, again.created) == (True, False)
    assert first.order == again.order
    assert balance(Order.objects.get()).captured == 10


def test_complaint_12_whoever_changed_something_stands_beside_it(channel):
    order = place(channel, ("MUG", 1))
    operations.set_priority(order, by="user:7", priority=5, reason="VIP")
    operations.place_hold(order, by="api-key:abc", kind="other", reason="Look")

    told = dict(Event.objects.filter(subject_id=order.pk).values_list("name", "actor"))
    assert told["order.priority_set"] == "user:7"
    assert told["order.held"] == "api-key:abc"
    reasons = order.history.values_list("history_change_reason", flat=True)
    assert any("VIP" in reason for reason in reasons if reason)


def test_complaint_14_scarce_stock_goes_to_whoever_is_first_in_turn(channel):
    product("CUP")
    early = place(channel, ("CUP", 5), external_id="early")
    urgent = place(channel, ("CUP", 5), external_id="urgent", customer=CORA)
    operations.set_priority(urgent, by=BY, priority=9, reason="Hospital")

    stocked("CUP", StockLevel.objects.first().location, 5)
    drain()

    assert urgent.lines.get().allocated == 5
    assert early.lines.get().allocated == 0


def test_complaint_15_an_order_is_shipped_in_part_split_and_combined(channel):
    order = place(channel, ("MUG", 4))
    ship(order, 1)
    line = order.lines.get()

    edit(order, Step("split_off", line.pk, {"quantity": 2}))

    apart = Order.objects.exclude(pk=order.pk).get()
    assert (apart.lines.get().due, order.lines.get().due) == (2, 2)
    more = place(channel, ("MUG", 1), external_id="more")
    edit(apart, Step("merge_from", values={"order": more.number}))
    assert sum(one.due for one in apart.lines.all()) == 3
    for work in FulfillmentOrder.objects.filter(order=apart, status="open"):
        fulfillment.accept(work, by=BY)
    call_command("check_ledgers")


def test_complaint_10_events_of_an_order_are_pulled_whole_and_in_their_sequence(channel, client):
    order = place(channel, ("MUG", 2))
    operations.place_hold(order, by=BY, kind="other", reason="Look")
    operations.lift_hold(order.holds.get(), by=BY, reason="Seen")
    drain()
    key = keys.create("Shop", channel=channel.code)[1]

    answer = client.get("/api/v1/events/", headers={"Authorization": f"Api-Key {key}"}).json()

    told = [row for row in answer["results"] if row["subject"]["id"] == order.number]
    sequence = [row["sequence"] for row in told]
    assert sequence == list(range(1, len(told) + 1))
    assert {"order.placed", "order.held", "order.hold_lifted"} <= {row["type"] for row in told}


def test_complaint_11_one_bad_order_of_many_blocks_no_other(channel):
    good = [wish(("MUG", 1), external_id=f"W-{number}") for number in (1, 3)]
    bad = wish(("MUG", 1), external_id="W-2", currency="EUR")
    unknown = wish(("NO-SUCH", 1), external_id="W-4")

    placed = operations.place(channel, [good[0], bad, good[1], unknown], by=BY)

    assert [row.error is None for row in placed] == [True, False, True, True]
    held = Order.objects.get(external_id="W-4")
    assert [hold.kind for hold in held.holds.all()] == ["unknown_sku"]


def test_close_behind_an_import_names_every_row_that_it_leaves_out(channel, tmp_path):
    head = "order,name,email,line1,city,postcode,country,sku,quantity,unit_price"
    ada = "Ada,ada@example.com,1 High St,London,N1 1AA,GB"
    rows = [head, f"A-1,{ada},MUG,1,5", f"A-2,{ada},MUG,many,5", f"A-3,{ada},MUG,1,5"]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(rows), encoding="utf-8")

    call_command("import_orders", path, channel=channel.code, report=tmp_path / "report.csv")

    report = (tmp_path / "report.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [row for row in report if "left out" in row] == [
        "3,A-2,left out,bad_quantity,The quantity is not a whole number."
    ]
    assert set(Order.objects.values_list("external_id", flat=True)) == {"A-1", "A-3"}


def test_close_behind_stock_that_is_kept_for_a_buyer_does_not_block_their_order(channel):
    document, _ = operations.draft(channel, wish(("MUG", 10)), by=BY)
    operations.keep_stock(document, by=BY, until=timezone.now() + timedelta(hours=1))

    order = operations.submit(document, by=BY)

    assert order.lines.get().allocated == 10
    assert_ledgers_hold()


def test_close_behind_a_hold_that_is_lifted_twice_makes_no_new_one(channel):
    order = place(channel, ("MUG", 1))
    hold = operations.place_hold(order, by=BY, kind="other", reason="Look")
    operations.lift_hold(hold, by=BY, reason="Seen")

    with pytest.raises(operations.HoldNotOpen):
        operations.lift_hold(hold, by=BY, reason="Seen")

    assert order.holds.count() == 1
