"""What happens when something stood in an order's way and no longer does."""

from functools import partial

import pytest

from fulfillment import operations as fulfillment
from inventory import operations as inventory
from inventory.models import Reservation
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.models import Hold, SkuAlias
from reporting.models import DailySales
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def london(db):
    return world.warehouse()


@pytest.fixture
def shop(db):
    return world.shop(review_limit=50, duplicate_window_minutes=0)


def told(order, name="order.backordered"):
    rows = Event.objects.filter(subject_type="orders.order", subject_id=order.pk, name=name)
    return [(row.facts["lines"], row.actor) for row in rows.order_by("sequence")]


def held_order(shop, london, units=8, stock=3):
    world.stocked("MUG", london, stock)
    order = world.place(shop, ("MUG", units, "10.00"))
    assert order.stage == "validation"
    return order, order.lines.get()


def test_lift_hold_onto_a_shortage_says_what_waits(shop, london):
    order, line = held_order(shop, london)
    assert told(order) == []

    orders.lift_hold(order.holds.get(), by="user:7", reason="Checked")

    assert told(order) == [([[line.pk, 5]], "user:7")]
    drain()
    row = DailySales.objects.get()
    assert (row.short_orders, row.short_lines, row.short_units) == (1, 1, 5)
    assert_ledgers_hold()


def test_advance_again_and_part_of_the_stock_say_nothing_new(shop, london):
    order, line = held_order(shop, london)
    orders.lift_hold(order.holds.get(), by=BY, reason="Checked")

    orders.advance(order, by=BY)
    inventory.receive(line.product, london, 2, by=BY)
    orders.serve_waiting([line.product_id], by=BY)
    hold = orders.place_hold(order, by=BY, kind="other", reason="Wait")
    orders.lift_hold(hold, by=BY, reason="Go on")

    line.refresh_from_db()
    assert (line.allocated, line.backordered) == (5, 3)
    assert [units for units, _ in told(order)] == [[[line.pk, 5]]]


def test_units_that_a_location_gave_back_wait_anew_and_are_no_shortage_of_placing(shop, london):
    mug = world.stocked("MUG", london, 3)
    order = world.place(shop, ("MUG", 3, "10.00"))
    line = order.lines.get()
    drain()

    fulfillment.reject(order.fulfillment_orders.get(), by=BY, reason="capacity")

    assert told(order) == [([[line.pk, 3]], BY)]
    drain()
    assert DailySales.objects.get().short_orders == 0
    orders.serve_waiting([mug.pk], by=BY)
    line.refresh_from_db()
    assert line.backordered == 0
    assert_ledgers_hold()


def test_lift_holds_ends_every_hold_at_once_and_only_once(shop, london):
    order, line = held_order(shop, london, stock=10)
    orders.place_hold(order, by=BY, kind="fraud", reason="Looks odd")

    lifted = orders.lift_holds(order, by="user:7", reason="Spoke to the buyer")

    assert len(lifted) == 2
    assert not Hold.objects.filter(lifted_at=None).exists()
    assert set(Hold.objects.values_list("lifted_by", "lift_reason")) == {
        ("user:7", "Spoke to the buyer")
    }
    line.refresh_from_db()
    assert line.released == 8
    before = Event.objects.count()
    with pytest.raises(orders.NoOpenHold):
        orders.lift_holds(order, by=BY, reason="Again")
    assert Event.objects.count() == before


@pytest.mark.parametrize("repair", ["address", "sku"])
def test_repair_of_a_cancelled_order_is_refused_and_changes_nothing(shop, london, repair):
    mug = world.stocked("MUG", london, 3)
    order = world.place(shop, ("KRUG", 3, "10.00"))
    orders.cancel(order, by=BY, reason="customer")
    order.refresh_from_db()
    before = (bytes(order.sealed), Event.objects.count(), order.history.count())
    address = {**world.LONDON, "line1": "1 New Street"}
    act = {
        "sku": partial(orders.solve_sku, order.lines.get(), product=mug),
        "address": partial(orders.correct_address, order, shipping_address=address, reason="Moved"),
    }[repair]

    with pytest.raises(orders.OrderEnded):
        act(by=BY)

    order.refresh_from_db()
    assert (bytes(order.sealed), Event.objects.count(), order.history.count()) == before
    assert not SkuAlias.objects.exists()
    assert not Reservation.objects.exists()


def test_serve_waiting_passes_over_who_can_get_nothing_and_goes_on_by_events(monkeypatch):
    from orders.operations import waiting

    monkeypatch.setattr(waiting, "AT_ONCE", 2)
    london = world.warehouse()
    mug = world.product("MUG")
    careful = world.shop("careful", duplicate_window_minutes=0)
    inventory.set_channel_safety_stock(careful.pk, 50, by=BY)
    first = [world.place(careful, ("MUG", 1)) for _ in range(3)]
    last = [
        world.place(world.shop(f"s{n}", duplicate_window_minutes=0), ("MUG", 1)) for n in range(3)
    ]
    inventory.receive(mug, london, 10, by=BY)

    drain(webhooks=False)

    assert [order.lines.get().allocated for order in first] == [0, 0, 0]
    assert [order.lines.get().allocated for order in last] == [1, 1, 1]
