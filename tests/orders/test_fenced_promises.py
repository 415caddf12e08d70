"""Whoever has a fence is promised its units, and never anybody else."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from customers.models import Customer
from customers.operations import identify
from inventory import operations as inventory
from inventory import queries as stock
from oms import keys
from oms.dispatch import drain
from orders.queries.promising import promise
from orders.queries.scarce import line_up
from tests import factories as world

pytestmark = pytest.mark.django_db

BY = world.BY
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
FRIDAY, LATER = date(2026, 3, 6), date(2026, 3, 20)
SATURDAY = FRIDAY + timedelta(days=1)  # when Friday's delivery leaves


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(NOW, tick=True)


@pytest.fixture
def london():
    return world.warehouse("LON", cutoff=time(14, 0), time_zone="Europe/London")


@pytest.fixture
def mug(london):
    return world.stocked("MUG", london, 4)


@pytest.fixture
def shop(mug):
    return world.shop(duplicate_window_minutes=0)


def fence(product, units=None, *, share=None, **whose):
    quantity = inventory.Quantity(units=units, share=share)
    inventory.set_fence(inventory.FenceWish(product.pk, quantity, **whose), by=BY)


def comes(product, quantity, day=FRIDAY, reference="PO-1"):
    place = product.levels.first().location
    row = inventory.Expected(product.pk, place.pk, quantity, day)
    inventory.expect("purchase_order", reference, [row])


def asked(shop, quantity, group=""):
    """Missing units and the day on which the rest leaves."""
    (one,) = promise(shop, [("MUG", quantity)], stock.ANYWHERE, group=group)
    return one.missing, one.ships_by and one.ships_by.date()


def day_of(order):
    order.refresh_from_db()
    return order.promised_at.date()


def place(shop, quantity, **fields):
    return world.place(shop, ("MUG", quantity), placed_at=NOW, **fields)


def golden(party):
    """The customer, known and of the group gold."""
    (customer,) = identify([party], by=BY)
    Customer.objects.filter(pk=customer.pk).update(group="gold")
    return party


def test_promise_from_stock_is_made_of_the_askers_own_fence(mug, shop):
    fence(mug, 3, group="gold")

    assert asked(shop, 2) == (1, None)
    assert asked(shop, 4, "gold")[0] == 0


def test_promise_from_what_comes_leaves_the_fence_what_it_lacks(mug, shop):
    fence(mug, 10, channel_id=world.shop("market").pk)  # four there, six lacking
    comes(mug, 8)

    assert asked(shop, 2) == (0, SATURDAY)
    assert asked(shop, 3) == (1, None)


def test_promise_leaves_a_share_its_part_of_what_comes(mug, shop):
    fence(mug, share=50, channel_id=world.shop("market").pk)
    comes(mug, 8)

    assert asked(shop, 6)[0] == 0
    assert asked(shop, 7)[0] == 1


def test_promise_leaves_what_comes_to_the_locations_safety_stock(mug, shop, london):
    inventory.set_safety_stock(mug, london, 9, by=BY)
    comes(mug, 8)

    assert asked(shop, 3) == (0, SATURDAY)
    assert asked(shop, 4)[0] == 1


def test_promise_leaves_the_channels_safety_stock(mug, shop):
    inventory.set_channel_safety_stock(shop.pk, 3, by=BY)
    comes(mug, 2)

    assert asked(shop, 3) == (0, SATURDAY)
    assert asked(shop, 4)[0] == 1


def test_order_of_the_holder_waits_for_its_own_units_alone(mug, shop):
    fence(mug, 12, group="gold")
    comes(mug, 6)
    comes(mug, 9, LATER, "PO-2")
    stranger = place(shop, 1, customer=world.CORA)
    holder = place(shop, 9, customer=golden(world.ADA))

    assert day_of(holder) == SATURDAY  # four from the fence, five of the six that come for it
    assert (day_of(stranger), stranger.promises.get().made_of[0]["kind"]) == (
        LATER + timedelta(days=1),
        "purchase_order",
    )


def test_order_is_promised_what_its_channels_safety_stock_leaves_of_what_comes(mug, shop):
    inventory.set_channel_safety_stock(shop.pk, 2, by=BY)
    comes(mug, 3)

    fits, late = place(shop, 5), place(shop, 1, customer=world.CORA)

    assert (fits.promises.get().made_of[0]["quantity"], day_of(fits)) == (3, SATURDAY)
    assert late.promises.get().made_of[0]["kind"] == "none"


def test_those_in_turn_get_what_their_fences_let_them_have(mug, shop):
    market = world.shop("market", duplicate_window_minutes=0)
    fence(mug, 9, channel_id=market.pk)
    place(shop, 3)  # first in turn, but the next units are not for it
    place(market, 7)
    comes(mug, 6)

    first, second = line_up(mug.pk).turns

    assert (first.waiter.quantity, first.gets.missing) == (3, 2)
    assert (second.waiter.quantity, second.gets.missing) == (3, 0)


def test_what_was_promised_is_what_is_served_when_it_comes(mug, shop, london):
    market = world.shop("market", duplicate_window_minutes=0)
    fence(mug, 9, channel_id=market.pk)
    waiting, holder = place(shop, 3), place(market, 7)
    comes(mug, 6)
    gets = {
        turn.waiter.number: turn.waiter.quantity - turn.gets.missing
        for turn in line_up(mug.pk).turns
    }

    inventory.receive(mug, london, 6, by=BY)
    drain()

    assert {
        waiting.number: waiting.lines.get().allocated,
        holder.number: holder.lines.get().allocated - 4,
    } == gets


def test_api_promises_the_customers_own_units(mug, shop, client):
    fence(mug, 3, group="gold")
    golden(world.ADA)
    customer = Customer.objects.get()
    _, key = keys.create("hub")  # of no channel: it may ask about everybody
    ask = {"sku": "MUG", "quantity": 4, "channel": "shop"}
    headers = {"Authorization": f"Api-Key {key}"}

    plain = client.get("/api/v1/promise/", ask, headers=headers)
    own = client.get("/api/v1/promise/", {**ask, "customer": customer.number}, headers=headers)
    unknown = client.get("/api/v1/promise/", {**ask, "customer": "C0"}, headers=headers)

    assert (plain.json()["promises"][0]["missing"], own.json()["promises"][0]["missing"]) == (3, 0)
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/customer")
