"""Changing an order while it is shipped, and confirming twice: one wins, and the other is told why."""

from functools import partial

import pytest

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier
from oms.dispatch import drain
from oms.errors import DomainError
from oms.models import Event
from orders import operations as orders
from orders.models import Order, OrderChange, OrderVersion
from orders.operations import Step
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


def placed():
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    world.stocked("MUG", world.warehouse(), 50)
    order = world.place(world.shop(), ("MUG", 3, "10.00"))
    drain(webhooks=False)
    return order


def fewer(order):
    step = Step("set_quantity", order.lines.get().pk, {"quantity": 1})
    return orders.draft_change(order, by=BY, steps=[step])


def packed(order):
    document = order.fulfillment_orders.get()
    units = {line.pk: line.quantity for line in document.lines.all()}
    document = fulfillment.pick(document, by=BY, quantities=units)
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(500, units)])
    return document


def codes(answers):
    return [getattr(answer, "code", type(answer).__name__) for answer in answers]


def test_confirm_and_ship_at_once_one_wins_and_the_other_is_told_why(at_once):
    order = placed()
    document = packed(order)
    drafted = fewer(order)
    ship = partial(
        fulfillment.ship, document, by="user:2", carrier="royal-mail", tracking_number="RM1"
    )

    changed, shipped = at_once([partial(orders.confirm_change, drafted, by=BY), ship])

    order.refresh_from_db()
    line = order.lines.get()
    drafted.refresh_from_db()
    if drafted.status == "confirmed":
        assert isinstance(shipped, DomainError)
        assert (line.due, line.shipped, order.total) == (1, 0, 10)
    else:
        assert changed.code in {"order_moved", "step_impossible"}
        assert (line.due, line.shipped, order.total) == (3, 3, 30)
    drain(webhooks=False)
    assert_ledgers_hold()


def test_confirm_twice_at_once_changes_once(at_once):
    order = placed()
    drafted = fewer(order)

    answers = at_once([partial(orders.confirm_change, drafted, by=BY)] * 6)

    assert sorted(codes(answers)) == ["OrderChange", *["change_ended"] * 5]
    assert Event.objects.filter(name="order.changed").count() == 1
    assert OrderVersion.objects.count() == 2
    assert Order.objects.get().total == 10
    assert_ledgers_hold()


def test_two_changes_of_one_order_at_once_the_second_looks_again(at_once):
    order = placed()
    drafts = [fewer(order), fewer(order)]

    answers = at_once([partial(orders.confirm_change, each, by=BY) for each in drafts])

    assert sorted(codes(answers)) == ["OrderChange", "order_moved"]
    assert OrderVersion.objects.count() == 2


def test_control_without_locks_the_second_is_not_told_why(at_once, lock_nothing):
    """The database alone keeps the order whole, but answers with an error of its own."""
    order = placed()
    drafted = fewer(order)

    lock_nothing(at=OrderChange)

    answers = at_once([partial(orders.confirm_change, drafted, by=BY)] * 2)

    assert sorted(codes(answers)) != ["OrderChange", "change_ended"]
