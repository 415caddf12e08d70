"""Two crowds at one shelf: neither channel eats what is kept for the other."""

from collections import Counter
from functools import partial

import pytest

from customers.operations import Party
from inventory import operations as inventory
from inventory.models import Fence, StockLevel
from inventory.operations import counters
from orders import operations as orders
from orders.models import OrderLine
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
POLICY = {"allows_backorder": False, "duplicate_window_minutes": 0}


def buy(channel, number):
    buyer = Party(name=f"Buyer {number}", email=f"buyer{number}@example.com")
    placed = world.wish(("MUG", 1), external_id=f"E{number}", customer=buyer)
    return orders.place_one(channel, placed, by="api-key:test")


def keep(product, units, channel, location=None):
    wish = inventory.FenceWish(
        product.pk, inventory.Quantity(units=units), channel.pk, location_id=location
    )
    return inventory.set_fence(wish, by=world.BY)


def crowd(shop, market):
    """Market's buyers push in first, three for every one of the shop's."""
    channels = [market, market, market, shop]
    return [partial(buy, channels[number % 4], number) for number in range(200)]


def sold():
    rows = OrderLine.objects.values_list("order__channel__code", "allocated")
    total = Counter()
    for code, units in rows:
        total[code] += units
    return total


def test_place_200_buyers_over_two_channels_respect_each_other_s_fence(at_once):
    shop, market = world.shop(**POLICY), world.shop("market", **POLICY)
    mug = world.stocked("MUG", world.warehouse(), 60)
    keep(mug, 30, shop)
    keep(mug, 10, market)

    answers = at_once(crowd(shop, market))

    told = Counter(getattr(answer, "code", "placed") for answer in answers)
    assert told == {"placed": 60, "out_of_stock": 140}
    assert sold()["shop"] >= 30
    assert sold()["market"] >= 10
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.fenced) == (60, 60, 0)
    assert_ledgers_hold()


def test_place_crowd_over_two_locations_leaves_a_fence_over_all_of_them(at_once):
    shop, market = world.shop(**POLICY), world.shop("market", **POLICY)
    mug = world.stocked("MUG", world.warehouse(), 20)
    inventory.receive(mug, world.warehouse("LDS"), 20, by=world.BY)
    keep(mug, 25, shop)

    answers = at_once([partial(buy, market, number) for number in range(60)])

    told = Counter(getattr(answer, "code", "placed") for answer in answers)
    assert told == {"placed": 15, "out_of_stock": 45}
    assert sum(StockLevel.objects.values_list("fenced", flat=True)) == 25
    assert_ledgers_hold()


def test_set_fence_amid_a_crowd_is_never_reached_into(at_once):
    shop, market = world.shop(**POLICY), world.shop("market", **POLICY)
    london = world.warehouse()
    mug = world.stocked("MUG", london, 60)

    calls = [partial(buy, market, number) for number in range(90)]
    calls.insert(20, partial(keep, mug, 25, shop))
    calls.insert(40, partial(inventory.receive, mug, london, 5, by=world.BY))
    at_once(calls)

    fence, level = Fence.objects.get(), StockLevel.objects.get()
    assert level.fenced == fence.left == 25
    assert level.reserved == sold()["market"] == 40
    assert_ledgers_hold()


def test_control_without_the_guard_the_fence_is_eaten(at_once, monkeypatch):
    """Looking before taking is not enough: what was free is kept by then, or taken."""
    shop, market = world.shop(**POLICY), world.shop("market", **POLICY)
    mug = world.stocked("MUG", world.warehouse(), 60)
    keep(mug, 50, shop)
    guard = "- level.fenced - delta.kept"
    assert guard in counters.POSTGRESQL
    monkeypatch.setattr(counters, "POSTGRESQL", counters.POSTGRESQL.replace(guard, ""))

    at_once([partial(buy, market, number) for number in range(100)])

    assert sold()["market"] > 10
    assert StockLevel.objects.get().fenced < 50
