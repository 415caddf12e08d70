"""Two people merge two orders into each other: one wins, nobody waits for ever, nothing is lost."""

from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import OperationalError

from inventory import operations as inventory
from inventory.models import Location
from oms.dispatch import drain
from oms.errors import DomainError
from orders import operations as orders
from orders.models import Order
from orders.operations import Step
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


def two():
    world.stocked("MUG", world.warehouse(), 50)
    shop = world.shop(duplicate_window_minutes=0)
    found = [world.place(shop, ("MUG", units, "10.00")) for units in (2, 3)]
    drain(webhooks=False)
    return found


def merged(order, other):
    step = Step("merge_from", values={"order": other.number})
    return orders.draft_change(order, by=BY, steps=[step])


def test_merge_into_each_other_at_once_one_wins(at_once):
    first, second = two()
    drafted = [merged(first, second), merged(second, first)]

    answers = at_once([partial(orders.confirm_change, each, by=BY) for each in drafted])

    refusals = [answer for answer in answers if isinstance(answer, DomainError)]
    assert [refusal.code for refusal in refusals] == ["not_changeable"]  # it ended as merged
    assert sorted(Order.objects.values_list("status", "total")) == [
        ("cancelled", 0),
        ("confirmed", 50),
    ]
    drain(webhooks=False)
    assert_ledgers_hold()


def test_split_of_the_last_units_at_once_moves_them_once(at_once):
    order, _ = two()
    line = order.lines.get()
    step = Step("split_off", line.pk, {"quantity": 1})
    drafted = [orders.draft_change(order, by=BY, steps=[step]) for _ in range(2)]

    answers = at_once([partial(orders.confirm_change, each, by=BY) for each in drafted])

    assert sum(isinstance(answer, DomainError) for answer in answers) == 1
    assert Order.objects.count() == 3
    drain(webhooks=False)
    assert_ledgers_hold()


def crosswise(orders_made):
    """One change gives mugs back and takes cups, the other cups and mugs."""
    for order, (first, second) in zip(orders_made, (("MUG", "CUP"), ("CUP", "MUG")), strict=True):
        line = order.lines.get(sku=first)
        steps = [
            Step("set_quantity", line.pk, {"quantity": 1}),
            Step("add_line", values={"sku": second, "quantity": 2, "unit_price": "1.00"}),
        ]
        yield partial(orders.confirm_change, orders.draft_change(order, by=BY, steps=steps), by=BY)


@pytest.fixture
def both_give_back_first(monkeypatch):
    """Both changes have given stock back before either takes any, if nothing keeps them apart."""
    met, release = Barrier(2), inventory.release

    def slowly(units, *, by):
        release(units, by=by)
        with suppress(BrokenBarrierError):
            met.wait(timeout=2)

    monkeypatch.setattr(inventory, "release", slowly)


def pair():
    world.stocked("MUG", world.warehouse(), 50)
    world.stocked("CUP", Location.objects.get(), 50)
    shop = world.shop(duplicate_window_minutes=0)
    found = [world.place(shop, ("MUG", 3), ("CUP", 3)) for _ in range(2)]
    drain(webhooks=False)
    return found


def test_change_that_wants_the_same_levels_crosswise_meets_no_deadlock(
    at_once, both_give_back_first
):
    answers = at_once(list(crosswise(pair())))

    assert [type(answer).__name__ for answer in answers] == ["OrderChange"] * 2
    drain(webhooks=False)
    assert_ledgers_hold()


def test_change_without_holding_all_levels_first_meets_a_deadlock(
    at_once, both_give_back_first, monkeypatch
):
    monkeypatch.setattr(inventory, "hold_levels", lambda _products: None)

    answers = at_once(list(crosswise(pair())))

    assert sum(isinstance(answer, OperationalError) for answer in answers) == 1
