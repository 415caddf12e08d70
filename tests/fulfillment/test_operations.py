from datetime import timedelta

import pytest

from fulfillment import operations as fulfillment
from fulfillment import queries
from fulfillment.enums import FulfillmentOrderStatus as Status
from fulfillment.models import Carrier, FulfillmentOrder, Parcel, Return, Shipment, TrackingEvent
from fulfillment.operations import expect_back
from inventory.models import StockLevel, StockMovement
from inventory.queries.decisions import explained
from oms import keys
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.models import SkuAlias
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

BY = world.BY


def stock(sku="MUG", location="LON"):
    level = StockLevel.objects.get(product__sku=sku, location__code=location)
    return (level.on_hand, level.reserved)


def names(document):
    rows = Event.objects.filter(
        subject_type=document._meta.label_lower, subject_id=document.pk
    ).order_by("sequence")
    return [row.name.partition(".")[2] for row in rows]


def test_create_two_locations_gives_each_its_work(floor):
    _order, documents = floor.work(("MUG", 12))

    assert [(d.location.code, d.lines.get().quantity) for d in documents] == [
        ("LON", 10),
        ("LEE", 2),
    ]
    assert names(documents[0]) == ["created"]
    assert documents[0].history.count() == 1
    assert_ledgers_hold()


def test_accept_open_work_is_taken_on_once(floor):
    _, (document,) = floor.work()

    fulfillment.accept(document, by=BY)

    document.refresh_from_db()
    assert document.status == Status.ACCEPTED
    assert document.accepted_at is not None
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.accept(document, by=BY)
    assert names(document) == ["created", "accepted"]


def test_pick_all_completes_the_pick(floor):
    _, (document,) = floor.work()

    fulfillment.pick(document, by=BY)

    document.refresh_from_db()
    assert (document.status, document.lines.get().picked) == (Status.PICKED, 3)
    assert names(document) == ["created", "accepted", "picked"]


def test_pick_more_than_asked_for_changes_nothing(floor):
    _, (document,) = floor.work()
    line = document.lines.get()

    with pytest.raises(fulfillment.TooManyPicked):
        fulfillment.pick(document, by=BY, quantities={line.pk: 4})

    document.refresh_from_db()
    assert (document.status, document.lines.get().picked) == (Status.OPEN, 0)
    assert names(document) == ["created"]


def test_pick_while_on_hold_is_refused(floor):
    order, (document,) = floor.work()
    orders.place_hold(order, by=BY, kind="customer_request", reason="Wait")

    with pytest.raises(orders.OrderOnHold):
        fulfillment.pick(document, by=BY)

    document.refresh_from_db()
    assert document.status == Status.OPEN
    assert queries.allowed_actions(document) == ["accept", "reject", "recall"]

    orders.lift_holds(order, by=BY, reason="Go on")
    assert "pick" in queries.allowed_actions(document)


def test_scan_known_barcode_counts_one_unit(floor):
    floor.mug.barcode = "5012345678900"
    floor.mug.save()
    _, (document,) = floor.work()

    fulfillment.scan(document, by=BY, code=" 5012345678900\n")
    fulfillment.scan(document, by=BY, code="MUG")

    assert document.lines.get().picked == 2


def test_scan_foreign_thing_is_refused(floor):
    _, (document,) = floor.work()

    with pytest.raises(fulfillment.NotOnThisOrder):
        fulfillment.scan(document, by=BY, code="CUP")

    assert document.lines.get().picked == 0


def test_pack_more_than_picked_is_refused(floor):
    _, (document,) = floor.work()
    line = document.lines.get()
    fulfillment.pick(document, by=BY, quantities={line.pk: 1})

    with pytest.raises(fulfillment.NothingPicked):
        fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(500, {line.pk: 2})])

    assert Parcel.objects.count() == 0
    assert document.lines.get().packed == 0


def test_ship_packed_parcels_issues_stock_and_tells_the_order(floor):
    order, shipment = floor.shipped(("MUG", 3))

    order.refresh_from_db()
    assert stock() == (7, 0)
    movement = StockMovement.objects.get(reference=shipment.number)
    assert (movement.kind, movement.quantity, movement.balance) == ("issued", -3, 7)
    assert (order.stage, order.fulfillment_status) == ("shipping", "shipped")
    assert FulfillmentOrder.objects.get().status == Status.SHIPPED
    assert shipment.weight_g == 900
    facts = Event.objects.get(name="shipment.shipped").facts
    assert facts["units"] == [[order.lines.get().pk, floor.mug.pk, 3]]
    assert_ledgers_hold()


def test_ship_in_parts_leaves_the_rest_to_be_done(floor):
    order, (document,) = floor.work(("MUG", 3))
    line = document.lines.get()
    fulfillment.pick(document, by=BY, quantities={line.pk: 1})
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(300, {line.pk: 1})])

    fulfillment.ship(document, by=BY, carrier="royal-mail")

    order.refresh_from_db()
    document.refresh_from_db()
    assert (order.stage, order.fulfillment_status) == ("fulfilment", "partially_shipped")
    assert document.status == Status.ACCEPTED
    fulfillment.pick(document, by=BY)
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(600, {line.pk: 2})])
    fulfillment.ship(document, by=BY, carrier="royal-mail")
    document.refresh_from_db()
    assert (document.status, Shipment.objects.count()) == (Status.SHIPPED, 2)
    assert_ledgers_hold()


def test_ship_without_parcel_is_refused(floor):
    _, (document,) = floor.work()

    with pytest.raises(fulfillment.NothingPacked):
        fulfillment.ship(document, by=BY, carrier="royal-mail")

    assert stock() == (10, 3)


def test_ship_with_unknown_carrier_changes_nothing(floor):
    _, document = floor.packed()

    Carrier.objects.create(code="dove", name="Dove", is_active=False)

    with pytest.raises(
        fulfillment.UnknownCarrier, match=r"no active carrier pigeon; known: royal-mail\."
    ):
        fulfillment.ship(document, by=BY, carrier="pigeon")

    assert stock() == (10, 3)
    assert Shipment.objects.count() == 0


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        ("not_in_stock", (0, 0)),
        ("mismatch", (7, 0)),
        ("damaged", (7, 0)),
        ("capacity", (10, 0)),
    ],
)
def test_reject_with_reason_corrects_stock_and_routes_again(floor, reason, left):
    order, (document,) = floor.work(("MUG", 3))

    fulfillment.reject(document, by=BY, reason=reason, note="Shelf is empty")

    document.refresh_from_db()
    order.refresh_from_db()
    assert (document.status, document.reject_reason) == (Status.REJECTED, reason)
    assert stock() == left
    assert stock(location="LEE") == (10, 3)
    assert order.stage == "fulfilment"
    floor.dispatch(order)
    again = order.fulfillment_orders.order_by("pk").last()
    assert (again.location.code, again.lines.get().quantity) == ("LEE", 3)
    told = Event.objects.get(name="order.recalled").facts["reason"]
    assert told == f"{document.number}: {reason.replace('_', ' ')}"
    reasons = {row.location: row.reason for row in explained(order.pk)[0].candidates}
    assert reasons == {"LEE": "", "LON": "it gave units of this order back"}
    assert_ledgers_hold()


def test_reject_after_packing_is_refused(floor):
    _, document = floor.packed()

    with pytest.raises(fulfillment.NothingToReject):
        fulfillment.reject(document, by=BY, reason="damaged")

    assert stock() == (10, 3)


def test_recall_packed_work_unpacks_and_frees_stock(floor):
    _order, document = floor.packed()

    fulfillment.recall(document, by=BY, reason="Buyer asked")

    document.refresh_from_db()
    assert document.status == Status.CANCELLED
    assert Parcel.objects.count() == 0
    assert stock() == (10, 0)
    assert_ledgers_hold()


def test_recall_shipped_work_is_refused(floor):
    _, shipment = floor.shipped()

    with pytest.raises(fulfillment.NothingToRecall):
        fulfillment.recall(shipment.fulfillment_order, by=BY, reason="Too late")

    assert stock() == (7, 0)


def test_cancel_order_in_work_recalls_and_cancels(floor):
    order, _documents = floor.work(("MUG", 12))

    cancellation = fulfillment.cancel_order(order, by=BY, reason="customer")

    order.refresh_from_db()
    assert (order.status, order.total, cancellation.amount) == ("cancelled", 0, 120)
    assert {d.status for d in order.fulfillment_orders.all()} == {Status.CANCELLED}
    assert (stock(), stock(location="LEE")) == ((10, 0), (10, 0))
    assert_ledgers_hold()


def test_cancel_order_partly_shipped_cancels_the_rest(floor):
    order, (london, _leeds) = floor.work(("MUG", 12))
    document = fulfillment.pick(london, by=BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
    fulfillment.ship(document, by=BY, carrier="royal-mail")

    fulfillment.cancel_order(order, by=BY, reason="customer")

    order.refresh_from_db()
    line = order.lines.get()
    assert (line.cancelled, line.shipped, order.total) == (2, 10, 100)
    assert order.stage == "shipping"
    assert_ledgers_hold()


def test_deliver_shipment_delivers_the_order_once(floor):
    order, shipment = floor.shipped()

    fulfillment.deliver(shipment, by=BY)
    shipment.refresh_from_db()
    fulfillment.deliver(shipment, by=BY)

    order.refresh_from_db()
    assert (order.lines.get().delivered, order.stage) == (3, "reporting")
    assert TrackingEvent.objects.count() == 1
    assert_ledgers_hold()


def test_track_late_event_does_not_run_backwards(floor):
    _, shipment = floor.shipped()
    fulfillment.track(shipment, by="carrier:royal-mail", status="out_for_delivery")

    shipment.refresh_from_db()
    fulfillment.track(shipment, by="carrier:royal-mail", status="in_transit")

    shipment.refresh_from_db()
    assert shipment.status == "out_for_delivery"
    assert TrackingEvent.objects.count() == 2


def test_track_returned_to_sender_expects_the_goods_back(floor):
    _order, shipment = floor.shipped()

    fulfillment.track(shipment, by="carrier:royal-mail", status="returned_to_sender")

    document = Return.objects.get()
    assert (document.status, document.lines.get().quantity) == ("approved", 3)
    assert document.lines.get().reason_id == "undelivered"


def test_receive_return_moves_each_outcome_and_credits(floor):
    order, _shipment = floor.shipped(("MUG", 3))
    line = order.lines.get()
    document = fulfillment.request_return(
        order, by=BY, wishes={line.pk: fulfillment.Wish(3, "damaged")}, reference="R-1"
    )
    fulfillment.approve(document, by=BY)
    row = document.lines.get()

    document = fulfillment.receive(
        document, by=BY, outcomes={row.pk: {"restock": 1, "quarantine": 1, "scrap": 1}}
    )

    order.refresh_from_db()
    kinds = StockMovement.objects.filter(reference=document.number).order_by("pk")
    assert [(m.kind, m.condition, m.quantity, m.balance) for m in kinds] == [
        ("returned", "available", 1, 8),
        ("returned", "quarantined", 1, 1),
        ("returned", "damaged", 1, 1),
        ("scrapped", "damaged", -1, 0),
    ]
    assert stock() == (8, 0)
    assert (document.status, document.credit, order.total) == ("received", 30, 0)
    assert order.fulfillment_status == "returned"
    assert_ledgers_hold()


def test_receive_sent_back_units_are_neither_stocked_nor_credited(floor):
    order, _ = floor.shipped(("MUG", 3))
    line = order.lines.get()
    document = fulfillment.request_return(
        order, by=BY, wishes={line.pk: fulfillment.Wish(1, "other")}
    )
    fulfillment.approve(document, by=BY)

    document = fulfillment.receive(
        document, by=BY, outcomes={document.lines.get().pk: {"send_back": 1}}
    )

    assert (stock(), document.credit, document.status) == ((7, 0), 0, "received")
    assert_ledgers_hold()


def test_receive_more_than_announced_changes_nothing(floor):
    order, _ = floor.shipped(("MUG", 3))
    line = order.lines.get()
    document = fulfillment.request_return(
        order, by=BY, wishes={line.pk: fulfillment.Wish(1, "other")}
    )
    fulfillment.approve(document, by=BY)

    with pytest.raises(fulfillment.WrongOutcome):
        fulfillment.receive(document, by=BY, outcomes={document.lines.get().pk: {"restock": 2}})

    assert stock() == (7, 0)
    assert document.lines.get().received == 0


def test_request_return_twice_the_same_units_is_refused(floor):
    order, _ = floor.shipped(("MUG", 3))
    line = order.lines.get()
    fulfillment.request_return(order, by=BY, wishes={line.pk: fulfillment.Wish(2, "other")})

    with pytest.raises(fulfillment.NotReturnable):
        fulfillment.request_return(order, by=BY, wishes={line.pk: fulfillment.Wish(2, "other")})

    assert Return.objects.count() == 1


def test_take_back_recalls_unshipped_and_expects_shipped(floor):
    order, (london, _leeds) = floor.work(("MUG", 12))
    document = fulfillment.pick(london, by=BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
    fulfillment.ship(document, by=BY, carrier="royal-mail")
    line = order.lines.get()

    made = fulfillment.take_back(order, by=BY, quantities={line.pk: 5}, reference="C1")

    line.refresh_from_db()
    assert line.cancelled == 2
    assert (made.status, made.lines.get().quantity) == ("approved", 3)
    assert_ledgers_hold()


def test_scan_one_sku_on_two_lines_fills_both(floor):
    """Also when the scanner's page was read before the first line was full."""
    _, (document,) = floor.work(("MUG", 1), ("MUG", 1))
    stale = FulfillmentOrder.objects.prefetch_related("lines").get(pk=document.pk)
    assert [line.to_pick for line in stale.lines.all()] == [1, 1]
    fulfillment.scan(document, by=BY, code="MUG")

    fulfillment.scan(stale, by=BY, code="MUG")

    assert [line.picked for line in document.lines.order_by("pk")] == [1, 1]
    with pytest.raises(fulfillment.TooManyPicked):
        fulfillment.scan(stale, by=BY, code="MUG")


def test_track_late_news_after_an_exception_do_not_run_backwards(floor):
    _, shipment = floor.shipped()
    hours = [shipment.shipped_at + timedelta(hours=hour) for hour in range(6)]
    fulfillment.track(shipment, by=BY, status="out_for_delivery", at=hours[3])
    fulfillment.track(shipment, by=BY, status="exception", at=hours[4])

    fulfillment.track(shipment, by=BY, status="in_transit", at=hours[1])

    shipment.refresh_from_db()
    assert shipment.status == "exception"
    fulfillment.track(shipment, by=BY, status="out_for_delivery", at=hours[5])
    fulfillment.track(shipment, by=BY, status="exception", at=hours[2])
    shipment.refresh_from_db()
    assert shipment.status == "out_for_delivery"
    assert TrackingEvent.objects.count() == 5


def test_expect_back_again_gives_the_return_that_is_there(floor):
    order, shipment = floor.shipped()
    fulfillment.track(shipment, by=BY, status="returned_to_sender")
    [document] = Return.objects.all()

    again = expect_back(shipment, by=BY, reason="undelivered")

    assert (again, Return.objects.count(), document.order) == (document, 1, order)


def still_expected():
    from inventory.models import ExpectedSupply

    return list(ExpectedSupply.objects.values_list("kind", "quantity"))


def asked_back(floor, reason):
    order, _shipment = floor.shipped()
    line = order.lines.get()
    return fulfillment.request_return(
        order, by=world.BY, wishes={line.pk: fulfillment.Wish(3, reason)}
    )


def test_approved_return_is_expected_until_it_is_there(floor):
    document = asked_back(floor, "unwanted")
    assert still_expected() == []

    document = fulfillment.approve(document, by=world.BY)
    assert still_expected() == [("return", 3)]

    line = document.lines.get()
    document = fulfillment.receive(document, by=world.BY, outcomes={line.pk: {"restock": 1}})
    assert still_expected() == [("return", 2)]
    fulfillment.receive(document, by=world.BY, outcomes={line.pk: {"scrap": 2}})
    assert still_expected() == []


def test_broken_goods_that_come_back_are_promised_to_nobody(floor):
    fulfillment.approve(asked_back(floor, "defective"), by=world.BY)

    assert still_expected() == []


def test_location_is_told_our_sku_beside_the_channel_s(client):
    shop = world.shop()
    mug = world.stocked("MUG", world.warehouse(), 5)
    SkuAlias.objects.create(channel=shop, alias="BECHER", product=mug)
    world.place(shop, ("BECHER", 1))
    drain(webhooks=False)

    _, text = keys.create("WMS", scopes=["fulfillment:read"])
    answer = client.get(
        "/api/v1/fulfillment-orders/", headers={"Authorization": f"Api-Key {text}"}
    ).json()

    [line] = answer["results"][0]["lines"]
    assert (line["sku"], line["channel_sku"]) == ("MUG", "BECHER")
