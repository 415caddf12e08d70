"""Backorders and pre-orders within their limits, by the policy of the channel."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from inventory import operations as inventory
from inventory.models import Product, SellingLimit
from oms.models import Event
from orders import operations as orders
from orders.models import Channel, Hold, Order, OrderLine
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

BY = world.BY
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(NOW, tick=True)


@pytest.fixture
def mug():
    return world.stocked("MUG", world.warehouse("LON"), 2)


@pytest.fixture
def shop(mug):
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def album(mug):
    """Does not exist yet; at most five are sold before its day."""
    album = world.product("ALBUM", preorder_on=LATER)
    limit(album, 5, "preorder")
    return album


def limit(product, units, kind="backorder", channel=None):
    inventory.set_selling_limit(product, kind, units, by=BY, channel_id=channel and channel.pk)


def place(shop, *lines, **fields):
    return world.place(shop, *lines, placed_at=NOW, **fields)


def refused(shop, *lines, **fields):
    with pytest.raises(orders.LimitReached) as caught:
        place(shop, *lines, **fields)
    return caught.value.params


def counted():
    rows = (Order, OrderLine, Hold, Event)
    return [model.objects.count() for model in rows]


# --- Setting them ---------------------------------------------------------------------------------


def test_set_limit_says_who_did_so_and_marks_the_product(mug):
    limit(mug, 3)

    mug.refresh_from_db()
    event = Event.objects.get(name="selling_limit.set")
    assert (mug.is_limited, event.actor) == (True, BY)
    assert (
        event.facts | {"sku": "MUG", "kind": "backorder", "before": None, "after": 3} == event.facts
    )


def test_set_limit_again_changes_nothing_and_none_ends_it(mug):
    limit(mug, 3)
    limit(mug, 3)
    assert Event.objects.filter(name="selling_limit.set").count() == 1

    limit(mug, None)

    mug.refresh_from_db()
    assert (mug.is_limited, SellingLimit.objects.count()) == (False, 0)


def test_database_keeps_one_limit_of_a_kind(mug):
    limit(mug, 3)

    with pytest.raises(IntegrityError), transaction.atomic():
        SellingLimit.objects.create(product=mug, kind="backorder", units=4)


# --- Placing --------------------------------------------------------------------------------------


def test_backorder_within_the_limit_is_taken_and_the_next_unit_refused(mug, shop):
    limit(mug, 3)
    place(shop, ("MUG", 5))  # two from stock

    before = counted()
    assert refused(shop, ("MUG", 1)) == {
        "sku": "MUG",
        "wanted": 1,
        "kind": "backorder",
        "limit": 3,
        "left": 0,
    }
    assert counted() == before
    assert_ledgers_hold()


def test_order_beyond_the_limit_gets_no_stock_either(mug, shop):
    limit(mug, 3)

    assert refused(shop, ("MUG", 6))["left"] == 3

    assert mug.levels.get().reserved == 0
    place(shop, ("MUG", 2))


def test_order_from_stock_is_never_limited(mug, shop):
    limit(mug, 0)

    assert place(shop, ("MUG", 2)).lines.get().allocated == 2


def test_units_that_came_or_were_cancelled_make_room(mug, shop):
    shop.auto_release = False
    limit(mug, 3)
    first = place(shop, ("MUG", 5))
    orders.cancel(first, by=BY, reason="customer")

    place(shop, ("MUG", 5))

    assert refused(shop, ("MUG", 1))["left"] == 0


def test_limit_of_a_channel_counts_its_own_orders_alone(mug, shop):
    market = world.shop("market", duplicate_window_minutes=0)
    limit(mug, 1, channel=market)
    place(shop, ("MUG", 9))

    place(market, ("MUG", 1))

    assert refused(market, ("MUG", 1))["limit"] == 1
    place(shop, ("MUG", 4))


def test_batch_shares_what_is_left(mug, shop):
    limit(mug, 3)
    wishes = [
        world.wish(("MUG", units), external_id=f"W-{units}", placed_at=NOW, customer=buyer)
        for units, buyer in ((3, world.ADA), (4, world.CORA), (2, world.ADA))
    ]

    results = orders.place(shop, wishes, by=BY)

    assert [getattr(row.error, "code", "") for row in results] == ["", "limit_reached", ""]
    assert_ledgers_hold()


def test_channel_that_holds_takes_the_order_and_asks_a_person(mug, shop):
    shop.over_limit = "hold"
    limit(mug, 3)

    order = place(shop, ("MUG", 6))

    hold = order.holds.get()
    assert (hold.type_id, order.lines.get().allocated) == ("out_of_stock", 0)
    assert hold.reason == ("MUG: 4 more on backorder would pass the limit of 3; 3 may be sold.")
    orders.lift_hold(hold, by=BY, reason="One more case comes.")
    assert order.lines.get().allocated == 2
    assert_ledgers_hold()


# --- Pre-orders -----------------------------------------------------------------------------------


def test_preorders_are_taken_up_to_their_limit(album, shop):
    shop.allows_backorder = False
    place(shop, ("ALBUM", 3))
    place(shop, ("ALBUM", 2), customer=world.CORA)

    assert refused(shop, ("ALBUM", 1)) | {"kind": "pre-order", "limit": 5, "left": 0} == {
        "sku": "ALBUM", "wanted": 1, "kind": "pre-order", "limit": 5, "left": 0,
    }  # fmt: skip


def test_preorders_on_hold_count(album, shop):
    place(shop, ("ALBUM", 3), shipping_address={**world.LONDON, "city": ""})

    assert refused(shop, ("ALBUM", 3))["left"] == 2


def test_preorders_that_got_early_stock_still_count(album, shop):
    place(shop, ("ALBUM", 3))
    world.stocked("ALBUM", world.warehouse("LEE"), 10)

    assert refused(shop, ("ALBUM", 3))["left"] == 2


def test_limit_of_preorders_ends_with_the_day(album, shop, time_machine):
    time_machine.move_to(day := datetime(2026, 3, 20, 9, tzinfo=UTC))

    world.place(shop, ("ALBUM", 9), placed_at=day)

    assert Product.objects.get(pk=album.pk).is_preorder is False


# --- Changing an order ----------------------------------------------------------------------------


def change(order, quantity):
    line = order.lines.get()
    step = orders.Step("set_quantity", line.pk, {"quantity": quantity})
    seen = orders.preview_steps(order, by=BY, steps=[step])
    orders.change_order(order, by=BY, steps=[step], seen=seen.base)
    return seen


def test_change_within_the_limit_is_made(mug, shop):
    limit(mug, 3)
    order = place(shop, ("MUG", 3))

    change(order, 5)

    assert refused(shop, ("MUG", 1))["left"] == 0


def test_change_beyond_the_limit_is_refused_and_changes_nothing(mug, shop):
    limit(mug, 3)
    order = place(shop, ("MUG", 4))
    before = counted()

    with pytest.raises(orders.LimitReached) as caught:
        change(order, 6)

    assert caught.value.params["left"] == 1
    assert (counted(), order.lines.get().quantity) == (before, 4)
    assert_ledgers_hold()


def test_change_that_asks_for_less_is_made_beyond_the_limit(mug, shop):
    order = place(shop, ("MUG", 9))
    limit(mug, 3)

    change(order, 8)

    assert order.lines.get().due == 8


def test_order_on_hold_counts_and_can_go_on_without_passing_the_limit(mug, shop):
    limit(mug, 3)
    held = place(shop, ("MUG", 5), shipping_address={**world.LONDON, "city": ""})

    assert refused(shop, ("MUG", 3))["left"] == 0

    orders.lift_hold(held.holds.get(), by=BY, reason="Asked the customer")
    assert held.lines.get().allocated == 2
    assert refused(shop, ("MUG", 1))["left"] == 0


NOWHERE = {**world.LONDON, "city": ""}


def hold_of(order):
    found = order.holds.filter(lifted_at=None).values_list("type_id", "reason", "details")
    return found.get()


def test_lifting_holds_never_passes_the_limit(mug, shop):
    """Both came on hold, when neither had a backorder yet; the second finds the limit used."""
    limit(mug, 3)
    first = place(shop, ("MUG", 5), shipping_address=NOWHERE)
    second = place(shop, ("MUG", 2), shipping_address=NOWHERE, customer=world.CORA)

    orders.lift_hold(first.holds.get(), by=BY, reason="Asked the customer")
    orders.lift_holds(second, by=BY, reason="Asked the customer")

    assert (first.lines.get().allocated, first.lines.get().backordered) == (2, 3)
    assert second.lines.get().allocated == 0
    kind, reason, details = hold_of(second)
    assert (kind, details) == ("out_of_stock", {"limit": 3, "kind": "backorder"})
    assert reason == "MUG: 2 more on backorder would pass the limit of 3; 0 may be sold."
    second.refresh_from_db()
    assert second.stage == "validation"
    assert not Event.objects.filter(name="order.backordered", subject_id=second.pk).exists()
    assert_ledgers_hold()

    orders.lift_holds(second, by=BY, reason="One more case comes")  # a person decides
    assert second.lines.get().backordered == 2
    orders.advance(second, by=BY)
    assert not second.holds.filter(lifted_at=None).exists()


def test_lifted_order_takes_stock_within_the_limit_again_and_again(mug, shop):
    limit(mug, 3)
    order = place(shop, ("MUG", 5), shipping_address=NOWHERE)
    orders.lift_hold(order.holds.get(), by=BY, reason="Asked")
    limit(mug, 1)

    hold = orders.place_hold(order, by=BY, kind="review", reason="Look again")
    orders.lift_hold(hold, by=BY, reason="Fine")

    assert not order.holds.filter(lifted_at=None).exists()  # its backorder was taken before


def test_lifting_a_hold_asks_for_stock_where_the_channel_takes_no_backorders(mug, shop):
    Channel.objects.filter(pk=shop.pk).update(allows_backorder=False)
    shop.refresh_from_db()
    held = place(shop, ("MUG", 2), shipping_address=NOWHERE)
    place(shop, ("MUG", 1), customer=world.CORA)

    orders.lift_hold(held.holds.get(), by=BY, reason="Asked the customer")

    kind, reason, _ = hold_of(held)
    assert (kind, held.lines.get().allocated) == ("out_of_stock", 0)
    assert reason == "MUG: 1 not in stock, and the channel takes no backorders."
    assert mug.levels.get().reserved == 1
    assert_ledgers_hold()


def test_order_that_the_limit_holds_does_not_count_against_it(mug, shop):
    limit(mug, 3)
    Channel.objects.filter(pk=shop.pk).update(over_limit="hold")
    shop.refresh_from_db()
    assert place(shop, ("MUG", 9)).holds.exists()

    assert not place(shop, ("MUG", 5)).holds.exists()


def test_change_of_a_preorder_asks_no_backorder_limit(album, shop):
    limit(album, 0)
    order = place(shop, ("ALBUM", 2))

    change(order, 4)

    assert refused(shop, ("ALBUM", 2))["kind"] == "pre-order"
