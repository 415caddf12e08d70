"""Stock arrives for orders that wait while buyers want the same products crosswise."""

import time
from functools import partial
from threading import Event as Signal

import pytest
from django.db import OperationalError

from inventory import operations as inventory
from inventory.models import Product
from oms import connections
from orders import operations as orders
from orders.models import OrderLine
from orders.operations import placing, waiting
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


@pytest.fixture
def crosswise(transactional_db, monkeypatch):
    """Two calls: serving an order for MUG and POT, then one for MUG and CUP; buying CUP and POT.

    The buyer comes when the first order is served, and has taken CUP before the second one is.
    """
    shop, london = world.shop(duplicate_window_minutes=0), world.warehouse()
    for sku in ("MUG", "CUP", "POT"):  # in the order of their levels
        world.stocked(sku, london, 1)
    world.place(shop, ("MUG", 1), ("CUP", 1), ("POT", 1))
    for lines in ([("MUG", 1), ("POT", 1)], [("MUG", 1), ("CUP", 1)]):
        world.place(shop, *lines)
    products = list(Product.objects.order_by("pk"))
    for product in products:
        inventory.receive(product, london, 10, by=BY)
    begun, advance = Signal(), waiting.advance

    def slowly(order, *, by):
        advance(order, by=by)
        begun.set()
        time.sleep(0.5)

    def buy():
        begun.wait(10)
        return orders.place_one(shop, world.wish(("CUP", 1), ("POT", 1)), by=BY)

    monkeypatch.setattr(waiting, "advance", slowly)
    monkeypatch.setattr(placing, "gave_way", lambda _error: False)  # nobody tries again here
    return [partial(orders.serve_waiting, [product.pk for product in products], by=BY), buy]


def test_serve_waiting_while_others_buy_crosswise_meets_no_deadlock(at_once, crosswise):
    served, bought = at_once(crosswise)

    assert (served, bought.order.lines.count()) == (2, 2)
    assert sum(OrderLine.objects.values_list("allocated", flat=True)) == 3 + 4 + 2
    assert_ledgers_hold()


def test_control_serve_waiting_without_holding_all_levels_meets_a_deadlock(
    at_once, crosswise, monkeypatch
):
    monkeypatch.setattr(inventory, "hold_levels", lambda _products: None)

    answers = at_once(crosswise)

    [lost] = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert connections.gave_way(lost)
