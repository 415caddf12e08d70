"""Stock that is set apart while others want it: nothing is quarantined and sold as well."""

from collections import Counter
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from inventory import operations as inventory
from inventory.models import StockLevel, StockMovement
from inventory.operations import Units, Why, counters
from orders import operations as orders
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


def told(answers):
    return Counter(getattr(answer, "code", "done") for answer in answers)


def apart(mug, london):
    return inventory.quarantine(mug, london, 1, by=world.BY, why=Why("inspection"))


def buy(shop, number):
    placed = world.wish(("MUG", 1), external_id=f"E{number}")
    return orders.place_one(shop, placed, by="api-key:test")


def crowd():
    shop, london = world.shop(allows_backorder=False, duplicate_window_minutes=0), world.warehouse()
    mug = world.stocked("MUG", london, 40)
    buyers = [partial(buy, shop, number) for number in range(40)]
    return mug, [
        call
        for pair in zip(buyers, [partial(apart, mug, london)] * 40, strict=True)
        for call in pair
    ]


def test_quarantine_racing_with_buyers_shares_the_stock_out_exactly(at_once):
    _mug, calls = crowd()

    answers = at_once(calls)

    level = StockLevel.objects.get()
    assert told(answers)["done"] == 40 == level.reserved + level.quarantined
    assert (level.on_hand, level.reserved) == (40 - level.quarantined, level.on_hand)
    assert_ledgers_hold()


def test_control_read_then_write_quarantines_what_is_sold(at_once, monkeypatch):
    """Without the conditional update the same crowd gets more units than there are."""
    crowd_calls = crowd()[1]
    monkeypatch.setattr(counters, "apply", read_then_write)

    answers = at_once(crowd_calls)

    assert told(answers)["done"] > 40


def read_then_write(deltas):
    changed = {}
    for delta in deltas:
        level = StockLevel.objects.get(pk=delta.level_id)
        free = level.on_hand - level.reserved
        if free >= max(delta.promised, -delta.on_hand):
            level.on_hand += delta.on_hand
            level.reserved += delta.reserved
            level.quarantined += delta.quarantined
            StockLevel.objects.filter(pk=level.pk).update(
                on_hand=level.on_hand, reserved=min(level.reserved, level.on_hand)
            )
            changed[level.pk] = counters.Counters(
                level.on_hand, level.reserved, level.quarantined, level.damaged
            )
    return changed


def test_quarantine_racing_with_shipping_takes_only_what_is_left(at_once):
    shop, london = world.shop(duplicate_window_minutes=0), world.warehouse()
    mug = world.stocked("MUG", london, 20)
    lines = [world.place(shop, ("MUG", 1)).lines.get().pk for _ in range(10)]
    inventory.firm_up(lines)
    ships = [
        partial(inventory.consume, [Units(line, london.pk, 1)], by=world.BY, reference="SH1")
        for line in lines
    ]

    answers = at_once([*ships, *[partial(apart, mug, london)] * 20])

    level = StockLevel.objects.get()
    assert told(answers) == {"done": 20, "insufficient_stock": 10}
    assert (level.on_hand, level.reserved, level.quarantined) == (0, 0, 10)


def test_one_movement_undone_by_eight_at_once_is_undone_once(at_once):
    mug, london = world.product("MUG"), world.warehouse()
    inventory.receive(mug, london, 5, by=world.BY)
    inventory.receive(mug, london, 5, by=world.BY)
    wrong = StockMovement.objects.order_by("pk").first()

    answers = at_once(
        [partial(inventory.correct, wrong, by=world.BY, why=Why("entered-twice"))] * 8
    )

    assert told(answers) == {"done": 1, "not_correctable": 7}
    assert StockLevel.objects.get().on_hand == 5
    assert_ledgers_hold()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE inventory_stockmovement SET quantity = 99",
        "DELETE FROM inventory_stockmovement",
    ],
)
def test_movements_are_never_changed_by_sql(sql):
    world.stocked("MUG", world.warehouse(), 10)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(sql)

    assert StockMovement.objects.get().quantity == 10
