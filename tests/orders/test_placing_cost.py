"""What an order costs: a fixed number of statements, however many lines it has."""

import pytest
from django.db import connection

from orders import operations as orders
from tests import factories as world

pytestmark = pytest.mark.django_db

# Known before, buyers, products, numbers, stock, recent orders, keys, rows, reservations, counters,
# between two savepoints that stand for BEGIN and COMMIT. On SQLite each table takes its own.
STATEMENTS = {"postgresql": 10 + 2, "sqlite": 17 + 2}[connection.vendor]


@pytest.fixture
def shop():
    shop, london = world.shop(), world.warehouse()
    for number in range(40):
        world.stocked(f"SKU-{number}", london, 100)
    world.place(shop, ("SKU-0", 1), external_id="first")
    return shop


@pytest.mark.parametrize("lines", [1, 3, 40])
def test_placing_takes_as_many_statements_for_any_number_of_lines(
    shop, lines, django_assert_num_queries
):
    wish = world.wish(*((f"SKU-{n}", 2) for n in range(lines)), external_id=f"E{lines}")

    with django_assert_num_queries(STATEMENTS):
        placed = orders.place_one(shop, wish, by="api-key:test")

    assert placed.order.lines.count() == lines


@pytest.mark.postgresql
def test_placing_a_batch_takes_as_many_statements_as_one_order(shop, django_assert_num_queries):
    batch = [world.wish((f"SKU-{n}", 1), ("SKU-39", 1), external_id=f"E{n}") for n in range(30)]

    with django_assert_num_queries(STATEMENTS):
        placed = orders.place(shop, batch, by="api-key:test")

    assert all(result.created for result in placed)
