"""Many buyers at once where stock or a day's work is spread over several locations."""

from collections import Counter
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db.models import Sum

from customers.operations import Party
from inventory import operations as inventory
from inventory.models import LocationDay, LocationService, Reservation, StockLevel
from inventory.operations import accuracy, counters, sourcing
from orders import operations as orders
from orders.models import Order
from tests import factories as world
from tests.concurrency.test_placing import read_then_write
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


def buy(channel, number, *lines):
    buyer = Party(name=f"Buyer {number}", email=f"buyer{number}@example.com")
    placed = world.wish(*lines, external_id=f"E{number}", customer=buyer)
    return orders.place_one(channel, placed, by="api-key:test")


def told(answers):
    return Counter(getattr(answer, "code", "placed") for answer in answers)


def spread(units, places=8):
    """One SKU at eight locations."""
    for at in range(places):
        world.stocked("MUG", world.warehouse(f"W{at}"), units)


def test_200_buyers_of_one_sku_at_8_locations_get_exactly_the_stock(at_once):
    shop = world.shop(allows_backorder=False)
    spread(15)

    answers = at_once([partial(buy, shop, n, ("MUG", 1)) for n in range(200)])

    assert told(answers) == {"placed": 120, "out_of_stock": 80}
    sums = StockLevel.objects.aggregate(there=Sum("on_hand"), held=Sum("reserved"))
    assert (sums["there"], sums["held"]) == (120, 120)
    assert Order.objects.count() == 120
    assert_ledgers_hold()


def test_control_read_then_write_oversells_8_locations(at_once, monkeypatch):
    """Without the conditional update more is promised than the eight have."""
    shop = world.shop(allows_backorder=False)
    spread(15)
    monkeypatch.setattr(counters, "apply", read_then_write)

    answers = at_once([partial(buy, shop, n, ("MUG", 1)) for n in range(200)])

    assert told(answers)["placed"] > 120
    assert Reservation.objects.aggregate(units=Sum("quantity"))["units"] > 120


SKUS = 30  # buyers of different goods do not wait for each other's stock


def limited(capacity):
    """A store that takes so many orders a day, and a warehouse for the others."""
    store, house = world.warehouse("STO", priority=1), world.warehouse("WAR")
    for at in range(SKUS):
        for place in (store, house):
            world.stocked(f"MUG{at}", place, 50)
    LocationService.objects.create(location=store, capacity=capacity)
    inventory.activate_rules(inventory.draft_from_template("parcels", by=world.BY), by=world.BY)
    return store


def test_day_of_10_orders_takes_10_of_60_at_once(at_once):
    shop, store = world.shop(), limited(10)

    answers = at_once([partial(buy, shop, n, (f"MUG{n % SKUS}", 1)) for n in range(60)])

    assert told(answers) == {"placed": 60}
    assert LocationDay.objects.get(location=store).orders == 10
    assert Reservation.objects.filter(level__location=store).count() == 10
    assert_ledgers_hold()


def test_control_day_counted_by_reading_first_is_overfilled(at_once, monkeypatch):
    """Without the condition in the statement the store gets more orders than it can take."""
    shop, store = world.shop(), limited(10)
    monkeypatch.setattr(sourcing, "_grow", grow_after_reading)

    at_once([partial(buy, shop, n, (f"MUG{n % SKUS}", 1)) for n in range(60)])

    assert Reservation.objects.filter(level__location=store).count() > 10


def grow_after_reading(location, day, count, limit):
    """Read, compare in Python, write back."""
    row = LocationDay.objects.get(location_id=location, day=day)
    if row.orders + count > limit:
        return 0
    row.orders += count
    row.save()
    return 1


def test_nightly_accuracy_does_not_undo_a_miss_that_came_meanwhile(at_once, monkeypatch):
    place = world.warehouse("LON")
    inventory.record_found(place.pk, 1_000)
    inventory.record_missed(place.pk, 1)
    LocationService.objects.update(accuracy=Decimal("0.5"))  # older misses left the window
    read, missed = Event(), Event()

    def slowly(location):
        score = count(location)
        if not read.is_set():
            read.set()
            missed.wait(timeout=1)  # who waits for the lock comes later
        return score

    def miss():
        read.wait(timeout=5)
        inventory.record_missed(place.pk, 500)
        missed.set()

    count = accuracy.accuracy_of
    monkeypatch.setattr(accuracy, "accuracy_of", slowly)

    assert at_once([inventory.refresh_accuracy, miss]) == [1, None]
    assert LocationService.objects.get().accuracy == count(place.pk) < Decimal("0.7")
