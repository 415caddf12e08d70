"""What locations reject: routed again at once, or collected until the re-routing window closes."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.urls import reverse

from fulfillment import operations as fulfillment
from fulfillment.models import FulfillmentOrder
from inventory import queries as stock
from inventory.models import SourcingDecision
from inventory.operations import Units
from oms import keys
from oms.models import Event, User
from orders import operations as orders
from orders.models import RerouteWindow, Rest
from orders.operations import pipeline
from orders.queries.rests import next_window
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
NINE = datetime(2026, 11, 26, 9, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NINE, tick=False) as found:
        yield found


@pytest.fixture
def shop():
    RerouteWindow.objects.create(minutes=60)
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def network():
    london, leeds = world.warehouse("LON", priority=1), world.warehouse("LEE", priority=2)
    world.stocked("MUG", london, 20)
    world.stocked("MUG", leeds, 5)
    return london, leeds


def reject(order, reason="capacity"):
    """The location that works on the order gives all of it up."""
    fulfillment.create(order, by=BY, units=released(order))
    return fulfillment.reject(FulfillmentOrder.objects.latest("pk"), by=BY, reason=reason)


def released(order):
    event = Event.objects.filter(name="order.released", subject_id=order.pk).latest("pk")
    return [Units(*row) for row in event.facts["units"]]


def places(order):
    rows = stock.open_reservations(line.pk for line in order.lines.all())
    return sorted((row.level.location.code, row.quantity) for row in rows)


def test_rejected_units_wait_for_the_window_and_then_go_elsewhere_together(shop, network, clock):
    first, second = (world.place(shop, ("MUG", units)) for units in (2, 3))
    orders.set_priority(second, by=BY, priority=5, reason="Late")
    for order in (first, second):
        reject(order)
    world.stocked("MUG", network[1], 1)
    orders.serve_waiting([network[1].levels.get().product_id], by=BY)

    assert (places(first), places(second)) == ([], [])
    assert orders.route_rests() == 0
    clock.shift(timedelta(minutes=50))
    assert orders.route_rests() == 2

    assert (places(first), places(second)) == ([("LEE", 2)], [("LEE", 3)])
    routed = SourcingDecision.objects.filter(cause="rejected").order_by("pk")
    assert list(routed.values_list("order_id", flat=True)) == [second.pk, first.pk]
    assert Event.objects.get(name="order.rest_collected", subject_id=first.pk).facts["until"] == (
        "2026-11-26T10:00:00+00:00"
    )
    assert orders.route_rests() == 0
    assert_ledgers_hold()


def test_worker_that_dies_while_routing_leaves_all_to_the_next(shop, network, clock, monkeypatch):
    order = world.place(shop, ("MUG", 2))
    reject(order)
    clock.shift(timedelta(hours=1))

    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "settle", lambda _work: 1 / 0)  # stock is reserved by then
        assert orders.route_rests() == 0
    assert (places(order), Rest.objects.get().routed_at) == ([], None)

    assert orders.route_rests() == 1
    assert places(order) == [("LEE", 2)]
    assert_ledgers_hold()


def test_channel_s_own_window_beats_that_of_all_and_none_is_at_once(shop, network):
    RerouteWindow.objects.create(channel=shop, minutes=0)
    order = world.place(shop, ("MUG", 2))

    reject(order)

    assert (places(order), Rest.objects.count()) == ([("LEE", 2)], 0)


def test_rest_of_a_held_order_waits_for_the_hold_and_a_cancelled_one_ends(shop, network, clock):
    held, gone = world.place(shop, ("MUG", 1)), world.place(shop, ("MUG", 2))
    for order in (held, gone):
        reject(order)
    hold = orders.place_hold(held, by=BY, kind="fraud", reason="Look")
    orders.cancel(gone, by=BY, reason="customer")
    clock.shift(timedelta(hours=2))

    orders.route_rests()
    assert list(Rest.objects.filter(routed_at=None).values_list("order", flat=True)) == [held.pk]
    orders.lift_hold(hold, by=BY, reason="Fine")

    assert places(held) == [("LEE", 1)]
    assert not Rest.objects.filter(routed_at=None).exists()


def test_order_page_says_until_when_and_a_person_routes_now(client, shop, network):
    client.force_login(User.objects.create_superuser("ben", password="x"))
    order = world.place(shop, ("MUG", 2))
    reject(order)
    page = reverse("admin:orders_order_change", args=[order.pk])

    shown = client.get(page).content.decode()
    client.post(reverse("admin:orders_order_act", args=[order.pk, "reroute"]), {"act": "reroute"})

    assert "2 × MUG, given up by LON, is routed again with other orders" in shown
    assert "Given up by locations, routed again with others at" in shown
    assert places(order) == [("LEE", 2)]
    assert "given up by LON" not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("minutes", "units", "told"),
    [
        (
            60,
            {"everything": "on"},
            "{} is rejected, its units to be routed again with other orders 10:00.",
        ),
        (60, {"one": "1"}, "1 unit of {} given up and to be routed again with other orders 10:00."),
        (0, {"everything": "on"}, "{} is rejected, its units routed again."),
    ],
)
def test_reject_button_says_when_units_are_routed_again(
    admin_client, settings, shop, network, minutes, units, told
):
    settings.OMS_REQUIRE_MFA = False
    RerouteWindow.objects.update(minutes=minutes)
    order = world.place(shop, ("MUG", 2))
    fulfillment.create(order, by=BY, units=released(order))
    document = FulfillmentOrder.objects.latest("pk")
    line = f"line_{document.lines.get().pk}"
    named = {line if name == "one" else name: value for name, value in units.items()}
    url = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "reject"])

    sent = {"act": "reject", "reason": "capacity", **named}
    shown = admin_client.post(url, sent, follow=True)

    assert [str(m) for m in shown.context["messages"]] == [told.format(document)]


def test_windows_are_one_a_channel_and_end_with_the_day(client, shop):
    client.force_login(User.objects.create_superuser("ben", password="x"))
    listed = client.get(reverse("admin:orders_reroutewindow_changelist")).content.decode()

    assert "together, every 60 minutes" in listed
    assert next_window(NINE.replace(hour=23), 7 * 60) == datetime(2026, 11, 27, tzinfo=UTC)
    with pytest.raises(IntegrityError):
        RerouteWindow.objects.create(minutes=5)


def test_order_on_hold_shows_what_waits_for_the_window(
    shop, network, client, admin_client, settings
):
    settings.OMS_REQUIRE_MFA = False
    order = world.place(shop, ("MUG", 2))
    reject(order)
    page = reverse("admin:orders_order_change", args=[order.pk])
    told = "2 × MUG, given up by LON, is routed again with other orders"
    assert admin_client.get(page).content.decode().count(told) == 1

    hold = orders.place_hold(order, by=BY, kind="other", reason="Wait for the buyer")

    shown = admin_client.get(page).content.decode()
    assert "On hold" in shown
    assert shown.count(told) == 1
    headers = {"Authorization": f"Api-Key {keys.create('Shop', channel='shop')[1]}"}
    path = f"/api/v1/orders/{order.number}/"
    assert client.get(path, headers=headers).json()["rest"] == {
        "until": "2026-11-26T10:00:00Z",
        "since": "2026-11-26T09:10:00Z",
        "lines": [{"line": 1, "quantity": 2}],
    }

    orders.lift_hold(hold, by=BY, reason="Go on")
    orders.reroute(order, by=BY)
    assert client.get(path, headers=headers).json()["rest"] is None
    assert told not in admin_client.get(page).content.decode()
