from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from oms.dispatch import drain
from oms.ledgers import check
from oms.models import Delivery, Event
from orders import operations as orders
from reporting import operations, queries
from reporting.models import DailyProduct, DailySales, DailyShipping
from tests import factories as world

pytestmark = pytest.mark.django_db

DAY = world.NOW.date()


def everything():
    return [
        list(table.objects.order_by("pk").values_list())
        for table in (DailySales, DailyShipping, DailyProduct)
    ]


def findings():
    return {one.name: list(check(one).shown) for one in queries.invariants()}


@pytest.fixture
def shop(db):
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def london(db):
    return world.warehouse()


def test_count_placed_orders_adds_to_one_row_a_day_channel_and_currency(shop, london):
    mug = world.stocked("MUG", london, 50)
    world.place(shop, ("MUG", 2, "10"), ("MUG", 1, "5.25"), external_id="a")
    world.place(shop, ("MUG", 4, "10"), external_id="b")
    world.place(shop, ("MUG", 1), external_id="c", placed_at=world.NOW - timedelta(days=1))

    drain()

    rows = DailySales.objects.order_by("-day").values_list(
        "day", "channel", "currency", "orders", "lines", "units", "value", "short_orders"
    )
    assert list(rows) == [
        (DAY, shop.pk, "GBP", 2, 3, 7, Decimal("65.25"), 0),
        (DAY - timedelta(days=1), shop.pk, "GBP", 1, 1, 1, Decimal(10), 0),
    ]
    product = DailyProduct.objects.get(day=DAY)
    assert (product.product, product.ordered, product.shipped) == (mug, 7, 0)
    assert findings() == {"reports.sales": [], "reports.shipping": [], "reports.products": []}


def test_count_again_adds_nothing(shop, london):
    world.stocked("MUG", london, 5)
    world.place(shop, ("MUG", 2), external_id="a")
    drain()
    before = everything()

    drain()

    assert everything() == before


def test_count_rolled_back_delivery_leaves_the_facts_as_they_were(shop, london, monkeypatch):
    world.stocked("MUG", london, 5)
    world.place(shop, ("MUG", 2), external_id="a")
    real = operations._add
    monkeypatch.setattr(
        operations, "_add", lambda table, rows: real(table, rows) if table is DailySales else 1 / 0
    )

    drain()

    assert everything() == [[], [], []]
    assert Delivery.objects.filter(consumer=queries.CONSUMER, state="done").count() == 0
    assert findings() == {"reports.sales": [], "reports.shipping": [], "reports.products": []}


def test_count_shortage_counts_the_first_attempt_alone(shop, london):
    world.stocked("MUG", london, 1)
    order = world.place(shop, ("MUG", 5), external_id="a")
    drain()
    line = order.lines.get()
    Event.objects.create(
        name="order.backordered",
        subject_type="orders.order",
        subject_id=order.pk,
        sequence=99,
        actor=world.BY,
        facts={"lines": [[line.pk, 4]]},
    )

    drain()

    row = DailySales.objects.get()
    assert (row.day, row.short_orders, row.short_lines, row.short_units) == (DAY, 1, 1, 4)
    assert findings()["reports.sales"] == []


def test_count_cancelled_order_stands_on_the_day_of_cancelling(shop, london):
    world.stocked("MUG", london, 9)
    order = world.place(shop, ("MUG", 2, "10"), external_id="a")
    orders.place_hold(order, by=world.BY, kind="other", reason="x")
    drain()
    placed = DailySales.objects.get()

    Event.objects.create(
        name="order.cancelled",
        subject_type="orders.order",
        subject_id=order.pk,
        sequence=99,
        actor=world.BY,
        facts={"amount": "20", "whole": True, "day": "2026-11-22", "lines": []},
    )
    drain()

    row = DailySales.objects.get(day=date(2026, 11, 22))
    assert (row.orders, row.cancelled_orders, row.cancelled_value) == (0, 1, Decimal(20))
    placed.refresh_from_db()
    assert (placed.orders, placed.cancelled_orders, placed.value) == (1, 0, Decimal(20))
    assert findings()["reports.sales"] == []


def test_count_shipment_and_return_stand_at_their_location(shop, london, ship, take_back):
    mug = world.stocked("MUG", london, 9)
    order = world.place(shop, ("MUG", 3), external_id="a")
    ship(order, london, after=timedelta(hours=5), on_time=True)
    late = world.place(shop, ("MUG", 1), external_id="b")
    ship(late, london, after=timedelta(hours=7), on_time=False)
    take_back(order, london)

    drain()

    row = DailyShipping.objects.get(day=DAY)
    assert row.location == london
    assert (row.shipments, row.units, row.on_time, row.promised) == (2, 4, 1, 2)
    assert row.cycle_minutes == 12 * 60
    assert DailyShipping.objects.exclude(day=DAY).get().returned_units == 1
    assert DailyProduct.objects.get(day=DAY, product=mug).shipped == 4
    assert DailyProduct.objects.exclude(day=DAY).get().returned == 1
    assert findings() == {"reports.sales": [], "reports.shipping": [], "reports.products": []}


def test_count_placed_order_costs_three_statements(
    shop, london, django_assert_num_queries, settings
):
    for sku in ("MUG", "CUP", "POT"):
        world.stocked(sku, london, 9)
    world.place(shop, ("MUG", 1), ("CUP", 1), ("POT", 1), external_id="a")
    event = Event.objects.get(name="order.placed")

    with django_assert_num_queries(3 + 2):  # and a savepoint around them
        operations.count([event])


def test_rebuild_makes_the_same_facts(shop, london, ship, take_back):
    world.stocked("MUG", london, 9)
    order = world.place(shop, ("MUG", 3, "3.33"), external_id="a")
    ship(order, london)
    take_back(order, london)
    drain()
    before = [[row[1:] for row in rows] for rows in everything()]
    DailySales.objects.update(orders=7)
    DailyProduct.objects.all().delete()

    call_command("rebuild_facts")

    assert [[row[1:] for row in rows] for rows in everything()] == before


def test_rebuild_leaves_uncounted_events_to_the_consumer(shop, london):
    world.stocked("MUG", london, 9)
    world.place(shop, ("MUG", 3), external_id="a")

    operations.rebuild()
    assert everything() == [[], [], []]
    drain()

    assert DailySales.objects.get().orders == 1


def test_invariant_names_the_wrong_figure_and_repair_explains(shop, london):
    world.stocked("MUG", london, 9)
    world.place(shop, ("MUG", 3), external_id="a")
    drain()
    DailySales.objects.update(units=5)
    wrong = f"{DAY} {shop.pk} GBP: units is 5, events say 3"
    assert findings()["reports.sales"] == [wrong]

    [sales] = [one for one in queries.invariants() if one.name == "reports.sales"]
    said = list(sales.repair())

    assert said == [f"made anew from events: {wrong}"]
    assert DailySales.objects.get().units == 3
    assert findings()["reports.sales"] == []


@pytest.mark.concurrency
def test_rebuild_locks_the_facts_against_consumers(shop):
    operations.rebuild()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'reporting_dailysales'::regclass"
        )
        assert ("ExclusiveLock",) in cursor.fetchall()
