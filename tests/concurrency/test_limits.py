"""A crowd at a pre-order and at a backorder limit: not one unit more is sold."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import Sum
from django.utils import timezone

from customers.operations import Party
from inventory import operations as inventory
from inventory import queries as stock
from orders import operations as orders
from orders.models import OrderLine
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


def crowd(shop, sku, buyers=200):
    return [partial(_buy, shop, sku, number) for number in range(buyers)]


def _buy(shop, sku, number):
    buyer = Party(name=f"Buyer {number}", email=f"buyer{number}@example.com")
    placed = world.wish((sku, 1), external_id=f"E{number}", customer=buyer)
    return orders.place_one(shop, placed, by="api-key:test")


def told(answers):
    return Counter(getattr(answer, "code", "placed") for answer in answers)


def preordered(limit):
    album = world.product("ALBUM", preorder_on=timezone.localdate() + timedelta(days=30))
    inventory.set_selling_limit(album, "preorder", limit, by=world.BY)


def test_place_200_buyers_preorder_exactly_the_50_units_of_the_limit(at_once):
    world.warehouse()
    preordered(50)
    shop = world.shop(allows_backorder=False, duplicate_window_minutes=0)

    answers = at_once(crowd(shop, "ALBUM"))

    assert told(answers) == {"placed": 50, "limit_reached": 150}
    assert OrderLine.objects.aggregate(sum=Sum("quantity"))["sum"] == 50
    assert_ledgers_hold()


def test_place_crowd_without_the_lock_sells_more_than_the_limit(at_once, monkeypatch):
    """The control: counted without holding the limit, a crowd passes it together."""
    world.warehouse()
    preordered(5)
    shop = world.shop(duplicate_window_minutes=0)
    monkeypatch.setattr(inventory, "lock_limits", stock.limits_of)

    answers = at_once(crowd(shop, "ALBUM", 60))

    assert told(answers)["placed"] > 5


def test_place_crowd_takes_the_stock_and_the_backorders_of_the_limit(at_once):
    mug = world.stocked("MUG", world.warehouse(), 20)
    inventory.set_selling_limit(mug, "backorder", 10, by=world.BY)
    shop = world.shop(duplicate_window_minutes=0)

    answers = at_once(crowd(shop, "MUG", 60))

    assert told(answers) == {"placed": 30, "limit_reached": 30}
    assert OrderLine.objects.aggregate(sum=Sum("allocated"))["sum"] == 20
    assert_ledgers_hold()
