"""Approvers are asked while one of them decides: neither stumbles over the other."""

import time
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError

from customers import operations as customers
from customers.models import Company
from customers.operations import BuyerTerms, Party
from oms import events
from oms.models import Event
from orders import operations as orders
from orders.models import OrderLine
from orders.operations import PlacedPayment, pipeline
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


@pytest.fixture
def waiting(transactional_db):
    """An order of Ben beyond his limit, whose approver is Cora and was not asked yet."""
    world.stocked("MUG", world.warehouse(), 10)
    firm = Company.objects.create(code="ENGINES", name="Engines")
    for name, terms in (
        ("Ben", BuyerTerms(order_limit=Decimal(5))),
        ("Cora", BuyerTerms(role="approver")),
    ):
        who = Party(name=name, email=f"{name.lower()}@example.com")
        (row,) = customers.identify([who], by=world.BY)
        customers.classify(row, by=world.BY, group="", company=firm, reason="Works there")
        customers.set_buyer(row, terms, by=world.BY, reason="Agreed")
    ben = Party(name="Ben", email="ben@example.com")
    bill = (PlacedPayment("on_account", Decimal(10), "pending"),)
    return world.place(world.shop(), ("MUG", 1), customer=ben, payments=bill)


def ask_and_approve(order):
    held = Event.objects.get(name="order.held", subject_id=order.pk)
    return [partial(orders.ask_approvers, held), partial(orders.approve, order, by="user:1")]


def names(order):
    told = Event.objects.filter(subject_type="orders.order", subject_id=order.pk)
    return Counter(told.values_list("name", flat=True))


@pytest.mark.parametrize("turn", range(3))
def test_order_is_approved_while_approvers_are_being_asked(at_once, waiting, turn):
    answers = at_once(ask_and_approve(waiting)[:: 1 if turn % 2 else -1])

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert names(waiting)["order.approved"] == 1
    assert names(waiting)["order.approval_asked"] <= 1
    assert_ledgers_hold()


def test_control_without_the_lock_one_of_them_stumbles(
    at_once, waiting, lock_nothing, meet, monkeypatch
):
    """Both write the order's next event: the one that was asked for is there, but not yet to see."""
    record, settle = events.record, pipeline.settle

    def record_and_linger(name, *args, **facts):
        record(name, *args, **facts)
        if name == "order.approval_asked":
            meet()
            time.sleep(0.5)

    def settle_then(work):
        meet()
        settle(work)

    monkeypatch.setattr(events, "record", record_and_linger)
    monkeypatch.setattr(pipeline, "settle", settle_then)
    lock_nothing(at=OrderLine)  # of no order: nobody waits there

    answers = at_once(ask_and_approve(waiting))

    assert [answer for answer in answers if isinstance(answer, IntegrityError)]
