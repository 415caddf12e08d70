"""Stock by lot and expiry: quantities, values, age, turnover, cover, and what will not sell."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import LevelCost
from oms.models import User
from reporting import queries
from reporting.models import DailyProduct
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
MONTH = queries.Period.latest(30, now=NOW)


@pytest.fixture(autouse=True)
def friday(time_machine):
    time_machine.move_to(NOW)


@pytest.fixture
def tea(time_machine):
    """Ten that expired, 20 that expire in nine days, 60 in 99; forty days ago at 2.00, now at 3.00."""
    london = world.warehouse()
    tea = inventory.set_tracking(world.product("TEA"), "lot", by=BY)
    time_machine.move_to(NOW - timedelta(days=40))
    come(tea, london, "OLD", 10, "2.00", -1)
    time_machine.move_to(NOW)
    come(tea, london, "SOON", 20, "3.00", 9)
    come(tea, london, "LATE", 60, "3.00", 99)
    DailyProduct.objects.create(day=TODAY, product=tea, ordered=30)  # one a day
    inventory.value_stock()
    return tea


def come(product, place, code, units, cost, days):
    lot = inventory.lot_of(product, code, by=BY, expires_on=TODAY + timedelta(days=days))
    change = inventory.Change(
        product.pk, place.pk, units, "received", unit_cost=Decimal(cost), lot_id=lot.pk
    )
    inventory.move([change], by=BY)
    return lot


def by_code(report):
    return {row.code: row for row in report.rows}


def test_lots_of_a_level_add_up_to_its_value_and_its_units(tea):
    report = queries.lots_report(MONTH)

    cost = LevelCost.objects.get()
    assert (cost.quantity, cost.average_value) == (90, Decimal(260))
    rows = by_code(report)
    assert list(rows) == ["OLD", "SOON", "LATE"]
    assert sum(row.units for row in report.rows) == cost.quantity
    for method in ("fifo", "average"):
        total = sum(getattr(row, method) for row in report.rows)
        assert total.quantize(Decimal("0.0001")) == getattr(cost, f"{method}_value")
    assert report.whole.units == 90
    assert report.expired.units == 10
    assert report.expired.average["GBP"].quantize(Decimal("0.01")) == Decimal("28.89")


def test_what_will_not_sell_is_what_demand_leaves_on_the_last_day(tea):
    """One a day: ten of twenty by day nine (today counts); then 60, of which 90 days take all."""
    rows = by_code(queries.lots_report(MONTH))

    assert (rows["SOON"].days_left, rows["SOON"].at_risk, rows["SOON"].cover) == (9, 10, 20)
    assert (rows["LATE"].at_risk, rows["LATE"].cover) == (0, 70)
    assert (rows["OLD"].at_risk, rows["OLD"].cover) == (0, None)
    report = queries.lots_report(MONTH)
    assert report.at_risk.units == 10
    assert [(part.name, part.units) for part in report.ages] == [
        ("0–30 days", 80), ("31–60 days", 10), ("61–90 days", 0), ("91–180 days", 0),
        ("Over 180 days", 0),
    ]  # fmt: skip


def test_only_what_expires_within_the_days_is_shown_in_the_order_asked_for(tea):
    assert list(by_code(queries.lots_report(MONTH, within=30))) == ["OLD", "SOON"]
    assert list(by_code(queries.lots_report(MONTH, sort="units"))) == ["LATE", "SOON", "OLD"]
    assert next(iter(by_code(queries.lots_report(MONTH, sort="risk")))) == "SOON"
    assert next(iter(by_code(queries.lots_report(MONTH, sort="age")))) == "OLD"
    assert queries.lots_report(MONTH, within=30).soon.units == 20


def test_turnover_counts_what_went_to_customers(tea):
    order = world.place(world.shop(), ("TEA", 5))
    line = order.lines.get()
    soon = tea.lots.get(code="SOON")
    moved = [inventory.Units(line.pk, tea.levels.get().location_id, 5, ((soon.pk, 5),))]
    inventory.consume(moved, by=BY, reference="SH7")

    row = by_code(queries.lots_report(MONTH))["SOON"]

    assert (row.units, row.left) == (15, 5)
    assert round(row.turns, 2) == round(Decimal(5 * 365) / 30 / Decimal("7.5"), 2)


def test_serial_numbers_of_a_date_stand_together(db):
    london = world.warehouse()
    radio = inventory.set_tracking(world.product("RADIO"), "serial", by=BY)
    for code in ("S1", "S2", "S3"):
        come(radio, london, code, 1, "9.00", 99)
    inventory.value_stock()

    [row] = queries.lots_report(MONTH).rows

    assert (row.lot, row.code, row.units, row.average) == (None, "3 serial numbers", 3, 27)
    assert row.cover is None
    assert row.at_risk == 3  # nobody asks for it


@pytest.fixture
def reader(client):
    def become(role):
        user = User.objects.create_user(role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return become


def test_page_and_file_show_values_to_those_who_may_see_costs(tea, reader):
    finance = reader("Finance")
    page = finance.get(reverse("admin:reporting_lots"), {"within": 30}).content.decode()
    assert "SOON" in page
    assert "LATE" not in page
    assert "£28.89" in page

    file = finance.get(reverse("admin:reporting_lots_file"))
    rows = list(csv.DictReader(file.content.decode().splitlines()))
    assert [(row["Lot or serial numbers"], row["Average value"]) for row in rows] == [
        ("OLD", "28.89"), ("SOON", "57.78"), ("LATE", "173.33"),
    ]  # fmt: skip
    assert rows[1]["Will not sell"] == "10"

    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_dailysales"))
    finance.force_login(clerk)
    assert "£28.89" not in finance.get(reverse("admin:reporting_lots")).content.decode()
    file = finance.get(reverse("admin:reporting_lots_file")).content.decode()
    assert "Average value" not in file
    finance.force_login(User.objects.create_user("nobody", is_staff=True))
    assert finance.get(reverse("admin:reporting_lots")).status_code == 403


def test_page_without_lots_says_what_to_do(reader):
    page = reader("Finance").get(reverse("admin:reporting_lots")).content.decode()

    assert "No stock is tracked by lot" in page


def test_page_asks_as_much_for_one_lot_as_for_many(tea, reader):
    finance = reader("Finance")

    def asked():
        with CaptureQueriesContext(connection) as found:
            finance.get(reverse("admin:reporting_lots"))
        return len(found)

    asked()
    few = asked()
    place = tea.levels.get().location
    for number in range(4):
        come(tea, place, f"M{number}", 1, "3.00", 50)
    assert asked() == few
