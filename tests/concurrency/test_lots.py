"""Lots wanted by several at once: no unit is picked twice, no serial number is in two places."""

from collections import Counter
from functools import partial

import pytest
from django.db.models import Sum

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, FulfillmentOrder, PickedLot
from inventory import operations as inventory
from inventory.models import LotStock, StockLevel
from inventory.operations import ByLot, Why
from oms.dispatch import drain
from oms.errors import DomainError
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY
PICKERS = 12


def told(answers):
    """How often each refusal came; a lot that is answered has a code, too, and was no refusal."""
    return Counter(one.code if isinstance(one, DomainError) else "done" for one in answers)


def tracked(tracking, **lots):
    product, london = world.product("TEA"), world.warehouse()
    inventory.set_tracking(product, tracking, by=BY)
    if lots:
        inventory.receive(product, london, ByLot(lots), by=BY)
    return product, london


def work():
    """As many orders of one unit, each accepted by its location."""
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    tracked("lot", **{f"A{number}": 1 for number in range(PICKERS)})
    shop = world.shop(duplicate_window_minutes=0)
    for number in range(PICKERS):
        world.place(shop, ("TEA", 1), external_id=f"E{number}")
    drain(webhooks=False)
    return [partial(fulfillment.pick, one, by=BY) for one in FulfillmentOrder.objects.all()]


def picked_twice():
    rows = PickedLot.objects.order_by().values("lot").annotate(units=Sum("quantity"))
    return [row for row in rows if row["units"] > 1]


def test_pickers_at_once_are_sent_to_different_units(at_once, transactional_db):
    assert told(at_once(work())) == {"done": PICKERS}

    assert picked_twice() == []
    assert PickedLot.objects.count() == PICKERS
    assert_ledgers_hold()


def test_control_without_the_lock_on_stock_one_unit_is_picked_twice(
    at_once, transactional_db, monkeypatch
):
    calls = work()
    monkeypatch.setattr(inventory, "lock_stock", lambda *_: None)

    at_once(calls)

    assert picked_twice()


def test_a_serial_number_that_comes_in_eight_times_at_once_comes_in_once(at_once, transactional_db):
    phone, london = tracked("serial")

    answers = at_once([partial(inventory.receive, phone, london, ByLot({"S1": 1}), by=BY)] * 8)

    assert told(answers) == {"done": 1, "serial_elsewhere": 7}
    assert StockLevel.objects.get().on_hand == 1
    assert_ledgers_hold()


def test_a_lot_that_is_held_scrapped_and_released_at_once_adds_up(at_once, transactional_db):
    tea, london = tracked("lot", A1=40, A2=40)
    lot = tea.lots.get(code="A1")
    why = Why("recalled")
    calls = [partial(inventory.hold_lot, lot, by=BY, why=why)] * 3
    calls += [partial(inventory.release_lot, lot, by=BY, why=Why("passed"))] * 3
    for condition in ("available", "quarantined"):
        scrap = partial(inventory.write_off, tea, london, ByLot({"A1": 1}), by=BY, why=why)
        calls += [partial(scrap, condition=condition)] * 8

    answers = at_once(calls)

    scrapped = sum(answer for answer in map(_is_movement, answers))
    assert set(told(answers)) <= {"done", "lot_not_held", "insufficient_stock", "insufficient_lot"}
    units = LotStock.objects.filter(lot=lot).aggregate(units=Sum("quantity"))["units"]
    assert units == 40 - scrapped
    assert_ledgers_hold()


def _is_movement(answer):
    return getattr(answer, "kind", "") == "scrapped"
