"""Receipts at once: no unit comes twice, no delivery counts twice, nobody waits in a circle."""

from collections import Counter
from functools import partial

import pytest
from django.db import connection

from inventory import operations as inventory
from inventory import queries
from inventory.models import GoodsReceipt, StockLevel
from inventory.operations import papers
from oms import ledgers
from tests.factories import BY, supply
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


@pytest.fixture
def order(transactional_db):
    """Ten mugs, sent."""
    return supply.sent(("MUG", 10, "2.50"))


@pytest.fixture
def transfer(transactional_db):
    """Five mugs on their way from London to Leeds."""
    london, leeds = supply.place("LON"), supply.place("LEE")
    mug = supply.goods("MUG")
    inventory.receive(mug, london, 8, by=BY)
    made = inventory.request_transfer(london, leeds, {mug.pk: 5}, by=BY)
    return inventory.ship_transfer(made, by=BY)


def told(answers):
    return Counter(getattr(answer, "code", type(answer).__name__) for answer in answers)


def buy(order, number):
    return supply.receive(order, MUG=(1, 0), reference=f"DN-{number}")


def bring(transfer, number):
    return inventory.receive_transfer(transfer, supply.delivery(f"V-{number}", MUG=(1, 0)), by=BY)


def without_lock(document):
    """Read the document as if nobody else could."""
    return (
        type(document)
        .objects.select_related("location" if hasattr(document, "supplier") else "source")
        .get(pk=document.pk)
    )


def test_receive_an_order_by_fourteen_at_once_takes_in_ten(at_once, order):
    answers = at_once([partial(buy, order, number) for number in range(14)])

    assert told(answers) == {"GoodsReceipt": 10, "illegal_move": 4}
    assert StockLevel.objects.get().on_hand == 10
    assert_ledgers_hold()


def test_control_receive_without_locking_the_order_miscounts_it(at_once, order, monkeypatch):
    monkeypatch.setattr(papers, "lock", without_lock)

    at_once([partial(buy, order, number) for number in range(14)])

    came = StockLevel.objects.get().on_hand
    assert order.lines.get().received < came


def test_receive_one_delivery_by_eight_at_once_is_one_receipt(at_once, order):
    answers = at_once([partial(buy, order, 1)] * 8)

    assert {answer.pk for answer in answers} == {GoodsReceipt.objects.get().pk}
    assert StockLevel.objects.get().on_hand == 1
    assert_ledgers_hold()


def test_receive_a_transfer_by_eight_at_once_takes_in_five(at_once, transfer):
    answers = at_once([partial(bring, transfer, number) for number in range(8)])

    assert told(answers) == {"GoodsReceipt": 5, "illegal_move": 3}
    assert StockLevel.objects.get(location__code="LEE").on_hand == 5
    assert_ledgers_hold()


def test_control_receive_without_locking_the_transfer_brings_too_many(
    at_once, transfer, monkeypatch
):
    monkeypatch.setattr(papers, "lock", without_lock)

    at_once([partial(bring, transfer, number) for number in range(8)])

    assert StockLevel.objects.get(location__code="LEE").on_hand > transfer.lines.get().received


def test_value_stock_while_it_moves_meets_no_deadlock(at_once, order, transfer):
    inventory.receive(supply.goods("MUG"), supply.place("LON"), 20, by=BY)
    calls = [
        *(partial(buy, order, number) for number in range(6)),
        *(partial(bring, transfer, number) for number in range(5)),
        *[inventory.value_stock] * 6,
    ]

    answers = at_once(calls)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    inventory.value_stock()
    assert_ledgers_hold()


def test_a_receipt_while_it_is_proved_is_no_wrong_figure(at_once, order):
    expected = next(each for each in queries.invariants() if each.name == "supply.expected")
    due = [partial(buy, order, 1)]

    def buy_after_the_first(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if due and "inventory_expectedsupply" in sql:
            at_once([due.pop()])
        return answer

    with connection.execute_wrapper(buy_after_the_first):
        finding = ledgers.check(expected)

    assert StockLevel.objects.get().on_hand == 1
    assert finding.shown == ()
