"""Two people at one hold, one cancel, at once: one wins and the other is told."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from oms.models import Event
from orders import operations as orders
from orders.models import Hold
from orders.operations import minding
from tests import factories as world
from tests.concurrency.test_money_and_floor import told
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


def held():
    world.stocked("MUG", world.warehouse(), 50)
    order = world.place(world.shop(), ("MUG", 3))
    return orders.place_hold(order, by=BY, kind="fraud", reason="Odd")


def being_cancelled():
    world.stocked("MUG", world.warehouse(), 50)
    order = world.place(world.shop(undo_minutes=5, auto_release=False), ("MUG", 3))
    orders.ask_cancel(order, by=BY, reason="customer")
    Hold.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    return order


@pytest.fixture
def slow_clerks(monkeypatch, meet):
    """Everybody waits for another between looking and claiming."""
    look = minding._refuse_claimed

    def think(hold):
        look(hold)
        meet()

    monkeypatch.setattr(minding, "_refuse_claimed", think)


def claims(hold):
    return [partial(orders.claim_hold, hold, by=f"user:{clerk}") for clerk in (7, 8)]


def test_two_clerks_who_claim_at_once_get_one_claim_and_one_name(at_once, slow_clerks):
    hold = held()

    answers = told(at_once(claims(hold)))

    assert answers == {"done": 1, "hold_claimed": 1}
    assert Event.objects.filter(name="order.hold_claimed").count() == 1


def test_control_without_the_lock_both_clerks_believe_it_is_theirs(
    at_once,
    slow_clerks,
    lock_nothing,
):
    hold = held()
    lock_nothing()

    assert told(at_once(claims(hold)))["hold_claimed"] == 0


def test_undo_against_the_clock_either_cancels_or_goes_on(at_once):
    order = being_cancelled()

    answers = at_once([orders.cancel_asked, partial(orders.undo_cancel, order, by=BY)])

    order.refresh_from_db()
    undone = not isinstance(answers[1], Exception)
    assert (order.status == "cancelled", order.cancellations.count()) == (
        not undone,
        int(not undone),
    )
    assert not order.holds.filter(lifted_at=None).exists()
    assert_ledgers_hold()


def test_two_workers_cancel_once(at_once):
    order = being_cancelled()

    assert sorted(at_once([orders.cancel_asked] * 2)) == [0, 1]
    assert order.cancellations.count() == 1
    assert_ledgers_hold()
