"""Posting a count while stock moves, and twice at once."""

from decimal import Decimal
from functools import partial

import pytest

from inventory import operations as inventory
from inventory.models import Count, StockLevel, StockMovement
from inventory.operations import counters
from inventory.operations.counts import documents, review
from tests import factories as world
from tests.concurrency.test_placing import read_then_write, told
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
ANN, BEN, CORA = "user:11", "user:12", "user:13"
RACES = 12


def approved(place, sku, *, stock=100, counted=90):
    """A count of which two people say that units are missing, approved and not posted."""
    product = world.stocked(sku, place, stock, unit_cost=Decimal(10))
    count = inventory.plan_count(place, by=ANN, products=[product.pk])
    line = count.lines.get()
    for person in (BEN, CORA):
        inventory.enter(count, by=person, quantities={line.pk: counted})
        inventory.finish(count, by=person)
    return product, inventory.approve_lines(count, by=ANN, lines=[line.pk])


def racing(place):
    """Posting each of several counts races with receipts and removals of the same stock."""
    calls, products = [], []
    for number in range(RACES):
        product, count = approved(place, f"MUG{number}")
        products.append(product)
        calls += [
            partial(inventory.post_count, count, by=ANN),
            partial(inventory.receive, product, place, 7, by=BEN),
            partial(inventory.adjust, product, place, -4, by=BEN, why=inventory.Why("not-found")),
        ]
    return calls


def wrong():
    return StockLevel.objects.exclude(on_hand=100 - 10 + 7 - 4).count()


def test_post_racing_with_movements_loses_nothing(at_once):
    london = world.warehouse()

    answers = at_once(racing(london))

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert wrong() == 0
    assert_ledgers_hold()


def test_control_setting_stock_to_what_was_counted_loses_movements(at_once, monkeypatch):
    """The way of many systems: what was counted is what is there, whatever has moved since."""
    london = world.warehouse()
    calls = racing(london)
    monkeypatch.setattr(review, "_change", set_to_counted)
    monkeypatch.setattr(counters, "apply", read_then_write)

    at_once(calls)

    assert wrong() > 0


def set_to_counted(count, line):
    now = StockLevel.objects.get(pk=line.level_id).on_hand
    return inventory.Change(
        line.level.product_id, count.location_id, line.counted - now, "counted", count.number
    )


def test_post_by_two_people_at_once_posts_once(at_once):
    london = world.warehouse()
    counts = [approved(london, f"MUG{number}")[1] for number in range(RACES)]

    answers = at_once([partial(inventory.post_count, count, by=ANN) for count in counts * 2])

    assert told(answers) == {"placed": RACES, "wrong_count_status": RACES}
    assert StockMovement.objects.filter(kind="counted").count() == RACES
    assert_ledgers_hold()


def test_control_without_the_lock_on_the_count_it_is_posted_twice(at_once, monkeypatch):
    london = world.warehouse()
    counts = [approved(london, f"MUG{number}")[1] for number in range(RACES)]
    monkeypatch.setattr(
        documents, "lock", lambda count: Count.objects.select_related("location").get(pk=count.pk)
    )

    at_once([partial(inventory.post_count, count, by=ANN) for count in counts * 2])

    assert StockMovement.objects.filter(kind="counted").count() > RACES
