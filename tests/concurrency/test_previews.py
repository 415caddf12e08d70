"""Two people who saw the same order and decide at once; and many who only look."""

from functools import partial

import pytest

from inventory.models import StockLevel
from oms.models import Event
from orders import operations as orders
from orders.operations import previewing
from tests import factories as world
from tests.concurrency.test_money_and_floor import told
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


@pytest.fixture
def slow_look(monkeypatch, meet):
    """Everybody waits for another between reading what happened last and deciding."""
    read = previewing.moments_of

    def think(order):
        last = read(order)
        meet()
        return last

    monkeypatch.setattr(previewing, "moments_of", think)


def decisions():
    """Two clerks, each taking one of three units off an order that both have looked at."""
    world.stocked("MUG", world.warehouse(), 50)
    order = world.place(world.shop(auto_release=False), ("MUG", 3))
    seen, line = previewing.moments_of(order), order.lines.get().pk
    cancel = partial(orders.cancel_lines, order, by=BY, quantities={line: 1}, reason="staff")
    return order, [partial(orders.as_seen, order, cancel, seen=seen)] * 2


def test_two_who_saw_the_same_order_do_not_both_change_it(at_once, slow_look):
    order, both = decisions()

    answers = told(at_once(both))

    assert answers == {"done": 1, "order_moved": 1}
    assert order.lines.get().cancelled == 1
    assert_ledgers_hold()


def test_control_without_the_lock_both_believe_nothing_has_happened(
    at_once, slow_look, lock_nothing
):
    _, both = decisions()
    lock_nothing()

    assert told(at_once(both))["order_moved"] == 0


def test_many_look_at_once_and_leave_nothing(at_once):
    world.stocked("MUG", world.warehouse(), 50)
    shop = world.shop(auto_release=False, duplicate_window_minutes=0)
    placed = [world.place(shop, ("MUG", 3)) for _ in range(6)]
    looks = [
        partial(
            orders.preview_steps,
            order,
            by=BY,
            steps=[orders.Step("split_off", order.lines.get().pk, {"quantity": 1})],
        )
        for order in placed
    ]
    before = Event.objects.count(), StockLevel.objects.get().reserved

    answers = at_once(looks)

    assert [(seen.refusal, len(seen.others)) for seen in answers] == [(None, 1)] * 6
    assert (Event.objects.count(), StockLevel.objects.get().reserved) == before
    assert_ledgers_hold()
