"""Several clerks and the buyer at one draft at once: one order comes of it."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from inventory.models import StockLevel
from orders import operations as orders
from orders.models import DraftOrder, Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


def offered():
    world.stocked("MUG", world.warehouse(), 50)
    document, _ = orders.draft(world.shop(), world.wish(("MUG", 2)), by=BY)
    return orders.quote(document, by=BY, valid_until=timezone.now() + timedelta(days=1))


def codes(answers):
    return [getattr(answer, "code", type(answer).__name__) for answer in answers]


def test_submit_and_accept_at_once_place_one_order(at_once):
    document = offered()
    submit = partial(orders.submit, document, by=BY)
    accept = partial(orders.accept_quote, document, by="quote:link", revision=1)

    answers = at_once([submit, accept] * 4)

    assert Order.objects.count() == 1
    assert set(codes(answers)) <= {"Order", "quote_ended"}
    assert codes(answers).count("Order") >= 4
    assert StockLevel.objects.get().reserved == 2
    assert_ledgers_hold()


def test_submit_and_discard_at_once_one_wins_and_the_other_is_told_why(at_once):
    document = offered()
    calls = [
        partial(orders.submit, document, by=BY),
        partial(orders.discard, document, by="user:2", reason="No answer"),
    ]

    answers = at_once(calls)

    document.refresh_from_db()
    placed = document.status == "submitted"
    assert codes(answers) == (["Order", "draft_ended"] if placed else ["draft_ended", "DraftOrder"])
    assert Order.objects.count() == int(placed)


def test_revise_at_once_keeps_one_and_loses_none_in_silence(at_once):
    document = offered()
    calls = [
        partial(orders.revise, document, world.wish(("MUG", n)), by=BY, seen=1) for n in range(3, 9)
    ]

    answers = at_once(calls)

    assert sorted(codes(answers)) == ["DraftOrder", *["draft_changed"] * 5]
    document.refresh_from_db()
    assert (document.revision, document.lines.count()) == (2, 1)


def test_control_without_locks_a_draft_is_ordered_more_than_once(at_once, lock_nothing):
    document = offered()

    lock_nothing(at=DraftOrder)

    at_once([partial(orders.submit, document, by=BY)] * 4)

    assert Order.objects.count() > 1
