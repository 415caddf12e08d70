"""Windows in which minds may change: a cancel that waits, a release that waits."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import StockLevel
from oms import keys
from oms.models import Event
from orders import operations as orders
from orders import queries
from orders.models import Hold
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY


@pytest.fixture
def mugs(db):
    world.stocked("MUG", world.warehouse(), 50)


def told(order, name):
    return Event.objects.filter(subject_id=order.pk, name=name).count()


def reserved():
    return StockLevel.objects.get().reserved


def later(order):
    """The window of an order's hold is over."""
    Hold.objects.filter(order=order).update(due_at=timezone.now() - timedelta(seconds=1))


def asked(**policy):
    shop = world.shop(undo_minutes=5, auto_release=False, **policy)
    return orders.ask_cancel(world.place(shop, ("MUG", 3)), by="user:7", reason="customer")


# --- Cancels ----------------------------------------------------------------------------------


def test_ask_cancel_waits_with_stock_and_nobody_is_told(mugs):
    order = asked()

    hold = order.holds.get()
    assert (order.status, order.stage, hold.kind) == ("placed", "validation", "cancelling")
    assert (reserved(), told(order, "order.cancelled")) == (3, 0)
    assert hold.due_at - hold.placed_at == timedelta(minutes=5)
    assert orders.cancel_asked() == 0
    assert orders.ask_cancel(order, by=BY, reason="staff").holds.count() == 1
    with pytest.raises(orders.OrderOnHold):
        orders.release(order, by=BY)
    with pytest.raises(orders.NoOpenHold):
        orders.lift_holds(order, by=BY, reason="All of them")


def test_a_window_is_not_lifted_but_closed_by_its_own_act(mugs):
    waiting = remorseful()
    for order, way in ((waiting, "Release now"), (asked(code="other"), "Undo cancel")):
        with pytest.raises(orders.EndsByItsOwnAct, match=way):
            orders.lift_hold(order.holds.get(), by=BY, reason="Mine")
        with pytest.raises(orders.NoOpenHold):
            orders.lift_holds(order, by=BY, reason="Mine")

        assert order.holds.get().lifted_at is None
        assert "lift_hold" not in queries.allowed_actions(order)


def test_hold_again_passes_over_a_window_that_was_closed(mugs):
    order = remorseful()
    orders.place_hold(order, by=BY, kind="other", reason="Look")
    holds = list(order.holds.values_list("pk", flat=True))
    orders.lift_holds(order, by=BY, reason="Looked")
    orders.release_now(order, by=BY)

    held = orders.hold_again(order, by=BY, lifted=holds, reason="Undone")

    assert [hold.kind for hold in held] == ["other"]


def test_undo_cancel_lets_the_order_go_on(mugs):
    order = orders.undo_cancel(asked(), by=BY)

    later(order)
    assert orders.cancel_asked() == 0
    order.refresh_from_db()
    assert (order.stage, reserved(), told(order, "order.cancelled")) == ("fulfilment", 3, 0)
    with pytest.raises(orders.NotBeingCancelled):
        orders.undo_cancel(order, by=BY)


def test_undo_cancel_of_an_earlier_cancel_leaves_a_later_one(mugs):
    order = asked()
    earlier = order.holds.get().pk
    orders.undo_cancel(order, by=BY, hold=earlier)
    order = orders.ask_cancel(order, by="user:9", reason="customer")

    with pytest.raises(orders.NotBeingCancelled):
        orders.undo_cancel(order, by=BY, hold=earlier)

    assert order.holds.get(lifted_at=None).placed_by == "user:9"


def test_cancel_asked_cancels_in_the_name_of_whoever_asked_and_then_nothing_is_undone(mugs):
    order = asked()
    later(order)

    assert (orders.cancel_asked(), orders.cancel_asked()) == (1, 0)

    order.refresh_from_db()
    cancellation = order.cancellations.get()
    assert (order.status, reserved()) == ("cancelled", 0)
    assert (cancellation.by, cancellation.reason) == ("user:7", "customer")
    assert not order.holds.filter(lifted_at=None).exists()
    with pytest.raises(orders.NotBeingCancelled):
        orders.undo_cancel(order, by=BY)
    assert_ledgers_hold()


def test_ask_cancel_without_a_window_cancels_at_once(mugs):
    order = orders.ask_cancel(
        world.place(world.shop(auto_release=False), ("MUG", 1)), by=BY, reason="staff"
    )

    assert (order.status, reserved()) == ("cancelled", 0)


def test_ask_cancel_of_what_a_location_works_on_is_refused(mugs):
    order = world.place(world.shop(undo_minutes=5), ("MUG", 1))

    with pytest.raises(orders.UnitsReleased):
        orders.ask_cancel(order, by=BY, reason="customer")

    assert not order.holds.exists()


def test_a_channel_that_cancels_by_api_meanwhile_wins_and_can_take_nothing_back(mugs, client):
    order = asked()
    key = keys.create("shop", channel="shop")[1]
    headers = {"Authorization": f"Api-Key {key}"}
    url = f"/api/v1/orders/{order.number}/cancellation/"

    assert client.delete(url, headers=headers).status_code == 200
    assert client.delete(url, headers=headers).json()["code"] == "not_being_cancelled"
    orders.ask_cancel(order, by=BY, reason="customer")
    sent = {"reason": "customer"}
    assert client.post(url, sent, "application/json", headers=headers).status_code == 201

    later(order)
    assert orders.cancel_asked() == 0
    assert order.cancellations.count() == 1


# --- Release ----------------------------------------------------------------------------------


def remorseful(**fields):
    shop = world.shop(remorse_minutes=30)
    return world.place(shop, ("MUG", 3), **{"placed_at": timezone.now(), **fields})


def test_an_order_waits_out_the_window_with_its_stock_and_is_then_released(mugs):
    order = remorseful()

    hold = order.holds.get()
    assert (order.stage, hold.kind, reserved()) == ("validation", "remorse", 3)
    assert (order.lines.get().released, orders.lift_tested()) == (0, 0)

    later(order)
    assert orders.lift_tested() == 1
    assert order.lines.get().released == 3
    assert_ledgers_hold()


def test_release_now_closes_the_window_once(mugs):
    order = orders.release_now(remorseful(), by=BY)

    assert order.lines.get().released == 3
    with pytest.raises(orders.NoRemorse):
        orders.release_now(order, by=BY)


def test_an_order_placed_longer_ago_does_not_wait(mugs):
    order = remorseful(placed_at=timezone.now() - timedelta(hours=1))

    assert not order.holds.exists()
    assert order.lines.get().released == 3


def test_money_is_not_taken_and_other_holds_stay_while_the_window_is_open(mugs):
    order = remorseful(shipping_address={**world.LONDON, "postcode": ""})
    payment = orders.record_authorization(order, by=BY, method="card", amount=Decimal(30))

    with pytest.raises(orders.OrderOnHold):
        orders.capture(payment, by=BY, amount=Decimal(30))
    orders.release_now(order, by=BY)

    assert order.holds.get(lifted_at=None).kind == "incomplete_address"
    assert order.lines.get().allocated == 0
