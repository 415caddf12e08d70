"""Baskets that expire while they are bought: their units are given away once."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from customers.operations import Party
from inventory import operations as inventory
from inventory.models import SoftReservation, StockLevel
from inventory.operations import soft as soft_operations
from oms.querysets import LockingQuerySet
from orders import operations as orders
from orders.models import Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency

BASKETS = 60


@pytest.fixture
def shop(transactional_db):
    world.stocked("MUG", world.warehouse(), BASKETS)
    return world.shop(allows_backorder=False, duplicate_window_minutes=0)


def keep(shop, number):
    wish = orders.SoftWish([("MUG", 1)], token=f"cart-{number:04}")
    return orders.set_aside(shop, wish, by="api-key:test")


def buy(shop, number):
    placed = world.wish(
        ("MUG", 1),
        external_id=f"E{number}",
        reservation=f"cart-{number:04}",
        customer=Party(name=f"B {number}", email=f"b{number}@example.com"),
    )
    return orders.place_one(shop, placed, by="api-key:test")


def race(shop, at_once):
    """Every basket is bought at the moment at which it expires, and given back twice as well."""
    for number in range(BASKETS):
        keep(shop, number)
    SoftReservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    softs = list(SoftReservation.objects.order_by("pk"))
    calls = []
    for number, soft in enumerate(softs):
        calls += [
            partial(buy, shop, number),
            inventory.expire_due,
            partial(inventory.put_back, soft, by="user:1"),
        ]
    return at_once(calls, threads=12)


def test_expiry_racing_with_consumption_gives_units_away_once(shop, at_once):
    race(shop, at_once)
    inventory.expire_due()

    placed = Order.objects.count()
    level = StockLevel.objects.get()
    assert not SoftReservation.objects.filter(state="open").exists()
    assert (level.on_hand, level.reserved) == (BASKETS, placed)
    assert placed == BASKETS  # what expired was still available to its buyer
    assert_ledgers_hold()


def test_control_without_the_lock_units_are_given_back_twice(shop, at_once, monkeypatch):
    """Reading the state without the row's lock, two callers both think that the basket is open."""
    monkeypatch.setattr(LockingQuerySet, "lock", unlocked)
    monkeypatch.setattr(soft_operations, "_lock_due", lambda due: due[:500])

    answers = race(shop, at_once)

    wrong = StockLevel.objects.get().reserved != Order.objects.count()
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    with pytest.raises(AssertionError):
        assert_ledgers_hold()
    assert wrong or refused


def unlocked(rows, *pks):
    return list(rows.filter(pk__in=pks).order_by("pk"))


def test_crowd_of_baskets_for_few_units_keeps_exactly_those(at_once, transactional_db):
    world.stocked("MUG", world.warehouse(), 7)
    shop = world.shop()

    answers = at_once([partial(keep, shop, number) for number in range(40)], threads=12)

    told = [getattr(answer, "code", "kept") for answer in answers]
    assert (told.count("kept"), told.count("not_available")) == (7, 33)
    assert StockLevel.objects.get().reserved == 7
    assert_ledgers_hold()
