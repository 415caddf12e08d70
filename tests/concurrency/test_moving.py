"""Two people merge two orders into each other: one wins, nobody waits for ever, nothing is lost."""

from functools import partial

import pytest

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
