"""Store pickup: asked for, served from there, made ready, collected or taken back."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.enums import FulfillmentOrderStatus as Status
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.queries.notices import READY_FOR_PICKUP, SHIPPED
from fulfillment.queries.pickup import collector_of
from inventory.models import LocationService, StockLevel
from oms.models import Event, User
from orders import operations as orders
from orders.enums import FulfillmentStatus, OrderStatus
from orders.models import Order
from orders.queries import allowed_actions
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
AT = {"pickup_location": "LEE", "shipping_address": {}}


@pytest.fixture
def store(floor):
    """Leeds hands over its counter; London is nearer and comes first for everything else."""
    place = floor.leeds
    place.line1, place.city, place.postcode, place.name = "1 Briggate", "Leeds", "LS1 6HD", "Leeds"
    place.save()
    floor.channel.notifies_customers = True
    floor.channel.save()
    LocationService.objects.create(location=place, offers_pickup=True)
    return place


@pytest.fixture
def work(floor, store):
    order = world.place(floor.channel, ("MUG", 3), **AT)
    floor.dispatch(order)
    return order.fulfillment_orders.get()


@pytest.fixture
def ready(work):
    fulfillment.pick(work, by=BY)
    return fulfillment.make_ready(work, by=BY)


def stock(location):
    level = StockLevel.objects.get(product__sku="MUG", location=location)
    return level.on_hand, level.reserved


def refused(error, act, document, **data):
    document.refresh_from_db()
    before = (document.status, Event.objects.count(), stock(document.location))
    with pytest.raises(error):
        act(document, by=BY, **data)
    document.refresh_from_db()
    assert before == (document.status, Event.objects.count(), stock(document.location))


def test_pickup_is_served_where_the_buyer_collects_and_taxed_there(work, store):
    order = work.order
    assert (work.location, work.for_pickup, order.pickup_location) == (store, True, store)
    assert (order.ship_country, order.ship_area) == ("GB", "LS1")
    assert not order.holds.exists()


def test_a_repeat_is_the_same_order_and_elsewhere_is_another_content(floor, store):
    first = world.place(floor.channel, ("MUG", 1), external_id="A", **AT)
    assert world.place(floor.channel, ("MUG", 1), external_id="A", **AT) == first
    with pytest.raises(orders.ExternalIdReused):
        world.place(floor.channel, ("MUG", 1), external_id="A", shipping_address={})


@pytest.mark.parametrize("code", ["LON", "NOWHERE"])
def test_pickup_where_nobody_may_collect_is_refused(floor, store, code):
    with pytest.raises(orders.InvalidOrder):
        world.place(floor.channel, ("MUG", 1), pickup_location=code)
    assert not Order.objects.exists()


def test_pickup_is_sent_to_an_address_by_a_change_alone(floor, store):
    order = world.place(floor.channel, ("MUG", 1), **AT)
    before = (order.ship_area, bytes(order.sealed))
    with pytest.raises(orders.ToBeCollected):
        orders.correct_address(order, by=BY, shipping_address=world.LONDON, reason="Asked")
    floor.dispatch(order)
    step = orders.Step("set_address", address=world.LONDON)
    seen = orders.preview_steps(order, by=BY, steps=[step])
    assert (seen.refusal, seen.after.content["pickup"]) == (None, "")
    order.refresh_from_db()
    assert (order.ship_area, bytes(order.sealed)) == before
    assert "correct_address" not in allowed_actions(order)


def test_an_order_that_is_sent_asks_nothing_of_pickup(floor, store):
    with CaptureQueriesContext(connection) as seen:
        world.place(floor.channel, ("MUG", 1))
    assert not [row for row in seen.captured_queries if "offers_pickup" in row["sql"]]


def test_make_ready_tells_the_buyer_and_keeps_the_stock(ready, store):
    assert (ready.status, stock(store)) == (Status.READY_FOR_PICKUP, (10, 3))
    assert ready.parcels.get().weight_g == 900
    assert timezone.now() < ready.collect_by < timezone.now() + timedelta(days=8)
    event = Event.objects.get(name="order.ready_for_pickup")
    assert (event.actor, event.subject_id) == (BY, ready.order_id)
    notice = READY_FOR_PICKUP.build(event)
    assert (notice.values["place"], notice.values["ship_to"]) == (
        "Leeds",
        "1 Briggate, Leeds, LS1 6HD Leeds",
    )


def test_make_ready_too_early_or_of_what_is_sent_is_refused(floor, work):
    refused(fulfillment.IllegalMove, fulfillment.make_ready, work)
    _, document = floor.packed()
    refused(fulfillment.NotForPickup, fulfillment.make_ready, document)


def test_goods_are_kept_as_many_days_as_the_store_does(work, store):
    LocationService.objects.filter(location=store).update(pickup_days=3)
    fulfillment.pick(work, by=BY)
    document = fulfillment.make_ready(work, by=BY)
    assert timedelta(days=2, hours=23) < document.collect_by - timezone.now() < timedelta(days=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        LocationService.objects.update(pickup_days=0)


def test_collect_issues_stock_and_counts_as_delivered(ready, store):
    shipment = fulfillment.collect(ready, by=BY, collected_by="Ada Byron")

    ready.refresh_from_db()
    order = Order.objects.get()
    assert (ready.status, stock(store)) == (Status.COLLECTED, (7, 0))
    assert ready.collected_at is not None
    assert collector_of(ready) == "Ada Byron"
    assert b"Ada" not in bytes(ready.collector)
    assert order.fulfillment_status == FulfillmentStatus.SHIPPED
    assert order.lines.get().delivered == 3
    event = Event.objects.get(name="shipment.shipped")
    assert event.subject_id == shipment.pk
    assert SHIPPED.build(event) is None
    assert "Ada" not in str(list(Event.objects.values_list("facts", flat=True)))
    assert_ledgers_hold()


def test_collect_before_it_is_ready_twice_or_by_nobody_is_refused(work):
    refused(fulfillment.IllegalMove, fulfillment.collect, work, collected_by="Ada")
    fulfillment.pick(work, by=BY)
    document = fulfillment.make_ready(work, by=BY)
    refused(fulfillment.CollectorMissing, fulfillment.collect, document, collected_by=" ")
    fulfillment.collect(document, by=BY, collected_by="Ada")
    document.refresh_from_db()
    refused(fulfillment.IllegalMove, fulfillment.collect, document, collected_by="Ada")
    assert Shipment.objects.count() == 1


def test_ship_what_is_to_be_collected_is_refused(ready):
    refused(fulfillment.ToBeCollected, fulfillment.ship, ready, carrier="royal-mail")


def test_give_up_returns_the_goods_to_stock_and_cancels(ready, store):
    fulfillment.give_up(ready, by=BY)

    ready.refresh_from_db()
    assert (ready.status, stock(store)) == (Status.CANCELLED, (10, 0))
    assert Order.objects.get().status == OrderStatus.CANCELLED
    assert_ledgers_hold()


def test_give_up_what_is_not_ready_is_refused(work):
    refused(fulfillment.IllegalMove, fulfillment.give_up, work)


def test_pages_lead_from_ready_to_collected(client, work):
    ben = User.objects.create_superuser("ben", password="x")
    client.force_login(ben)
    page = reverse("admin:fulfillment_fulfillmentorder_change", args=[work.pk])
    fulfillment.pick(work, by=BY)

    def press(act, **data):
        url = reverse("admin:fulfillment_fulfillmentorder_act", args=[work.pk, act])
        return client.post(url, {"act": act, **data}, follow=True).content.decode()

    assert "Store pickup" in client.get(page).content.decode()
    assert "ready to be collected" in press("make_ready")
    FulfillmentOrder.objects.update(collect_by=timezone.now() - timedelta(days=1))
    assert "Not collected in time" in client.get(page).content.decode()
    board = reverse("admin:fulfillment_fulfillmentorder_changelist")
    assert "Not collected" in client.get(board, {"status": "ready_for_pickup"}).content.decode()
    assert "is collected" in press("collect", collected_by="Ada Byron")
    assert "Ada Byron" in client.get(page).content.decode()
    order = reverse("admin:orders_order_change", args=[work.order_id])
    assert "Collects at Leeds" in client.get(order).content.decode()

    cora = User.objects.create_user("cora", password="x", is_staff=True)
    cora.groups.add(Group.objects.get(name="Auditor"))
    client.force_login(cora)
    assert "Ada Byron" not in client.get(page).content.decode()
