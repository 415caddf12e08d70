"""Many buyers at once: never one unit too many, never the same order twice."""

from collections import Counter
from functools import partial

import pytest
from django.db.models import F

from customers.operations import Party
from inventory.models import Reservation, StockLevel
from inventory.operations import counters
from orders import operations as orders
from orders.models import Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


def buyer(number):
    return Party(name=f"Buyer {number}", email=f"buyer{number}@example.com")


def buy(channel, number, *lines):
    placed = world.wish(*lines, external_id=f"E{number}", customer=buyer(number))
    return orders.place_one(channel, placed, by="api-key:test")


def told(answers):
    return Counter(getattr(answer, "code", "placed") for answer in answers)


def test_place_200_buyers_for_50_units_sells_exactly_50(at_once):
    shop, london = world.shop(allows_backorder=False), world.warehouse()
    world.stocked("MUG", london, 50)

    answers = at_once([partial(buy, shop, number, ("MUG", 1)) for number in range(200)])

    assert told(answers) == {"placed": 50, "out_of_stock": 150}
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (50, 50)
    assert Order.objects.count() == 50
    assert_ledgers_hold()


def test_control_read_then_write_oversells(at_once, monkeypatch):
    """Without the conditional update the same crowd buys more than there is."""
    shop, london = world.shop(allows_backorder=False), world.warehouse()
    world.stocked("MUG", london, 50)
    monkeypatch.setattr(counters, "apply", read_then_write)

    answers = at_once([partial(buy, shop, number, ("MUG", 1)) for number in range(200)])

    assert told(answers)["placed"] > 50
    sold = Reservation.objects.count()
    assert sold > StockLevel.objects.get().on_hand


def read_then_write(deltas):
    """The oldest mistake of all: read, compare in Python, write back."""
    changed = {}
    for delta in deltas:
        level = StockLevel.objects.get(pk=delta.level_id)
        if level.on_hand - level.reserved >= delta.promised:
            level.on_hand += delta.on_hand
            level.reserved += delta.reserved
            level.save()
            changed[level.pk] = counters.Counters(level.on_hand, level.reserved)
    return changed


def test_place_same_order_20_times_at_once_gives_one(at_once):
    shop, london = world.shop(), world.warehouse()
    world.stocked("MUG", london, 50)

    answers = at_once([partial(buy, shop, 1, ("MUG", 2))] * 20)

    assert sorted(answer.created for answer in answers) == [False] * 19 + [True]
    assert {answer.order.number for answer in answers} == {Order.objects.get().number}
    assert StockLevel.objects.get().reserved == 2
    assert_ledgers_hold()


def test_place_same_skus_in_opposite_order_meets_no_deadlock(at_once):
    shop, london = world.shop(), world.warehouse()
    for sku in ("MUG", "CUP", "POT"):
        world.stocked(sku, london, 1_000)
    up, down = [("MUG", 1), ("CUP", 1), ("POT", 1)], [("POT", 1), ("CUP", 1), ("MUG", 1)]

    calls = [partial(buy, shop, n, *(up if n % 2 else down)) for n in range(120)]
    answers = at_once(calls, threads=8)

    assert told(answers) == {"placed": 120}
    assert not StockLevel.objects.exclude(reserved=F("on_hand") - 880).exists()
    assert_ledgers_hold()


def test_place_one_new_buyer_twice_at_once_places_both(at_once):
    shop, london = world.shop(duplicate_window_minutes=0), world.warehouse()
    world.stocked("MUG", london, 50)
    calls = [
        partial(
            orders.place_one, shop, world.wish(("MUG", 1), external_id=f"T{n}"), by="api-key:test"
        )
        for n in range(8)
    ]

    answers = at_once(calls, threads=8)

    assert told(answers) == {"placed": 8}
    assert_ledgers_hold()
