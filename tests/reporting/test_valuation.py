"""What stock was worth on any day, and how it came to be."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import tablib
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory import operations as inventory
from oms.models import Job, User
from reporting import tasks
from reporting.queries import valuation
from tests.factories import BY, supply

pytestmark = pytest.mark.django_db

PAGE = "admin:reporting_valuation"


def at(day, hour=12):
    return time_machine.travel(datetime(2026, 9, day, hour, tzinfo=timezone.get_current_timezone()))


def buy(units, cost, code="LON", **place):
    row = inventory.Delivered(supply.goods("MUG").pk, units, unit_cost=Decimal(cost))
    where = supply.place(code, **place)
    return inventory.receive_blind(where, inventory.Delivery((row,)), by=BY)


def lose(units):
    why = inventory.Why("other")
    inventory.adjust(supply.goods("MUG"), supply.place("LON"), -units, by=BY, why=why)


@pytest.fixture
def september():
    """10 at 2.00 on the 3rd, 10 at 3.00 on the 10th, 15 lost on the 20th; 4 in Berlin at 5.00."""
    with at(3):
        buy(10, "2.00")
        buy(4, "5.00", "BER", country="DE")
    with at(10):
        receipt = buy(10, "3.00")
        inventory.add_landed_cost(
            receipt, inventory.Landed("freight", Decimal(4), "quantity"), by=BY
        )
    with at(20):
        lose(15)
    inventory.value_stock()


def values(day):
    report = valuation(datetime(2026, 9, day).date())  # noqa: DTZ001 (a day)
    return {row.location: (row.units, row.fifo, row.average) for row in report.places}


@pytest.mark.parametrize(
    ("day", "london"),
    [
        (2, None),
        (3, (10, Decimal(20), Decimal(20))),
        (10, (20, Decimal(54), Decimal(54))),
        (30, (5, Decimal(17), Decimal("13.5"))),
    ],
)
def test_value_at_the_end_of_any_day(september, day, london):
    assert values(day).get("LON") == london


def test_value_of_each_location_is_in_its_own_currency(september):
    report = valuation(datetime(2026, 9, 30).date())  # noqa: DTZ001

    assert [(row.location, row.currency, row.fifo) for row in report.places] == [
        ("BER", "EUR", Decimal(20)),
        ("LON", "GBP", Decimal(17)),
    ]


def test_opening_and_changes_add_up_to_closing(september):
    report = valuation(datetime(2026, 9, 30).date())  # noqa: DTZ001

    (pounds,) = [bridge for bridge in report.bridges if bridge.currency == "GBP"]
    assert (pounds.opening.fifo, pounds.closing.fifo, pounds.difference) == (0, 17, 0)
    assert {step.name: (step.units, step.fifo) for step in pounds.steps} == {
        "Received": (20, Decimal(50)),
        "Adjusted": (-15, Decimal(-37)),
        "Landed cost": (0, Decimal(4)),
    }


def test_value_on_its_way_is_told_beside(september):
    made = inventory.request_transfer(
        supply.place("LON"), supply.place("LEE"), {supply.goods("MUG").pk: 2}, by=BY
    )
    inventory.ship_transfer(made, by=BY)

    (pounds,) = [row for row in valuation(timezone.localdate()).bridges if row.currency == "GBP"]

    assert (pounds.on_the_way.units, pounds.on_the_way.fifo) == (2, Decimal("6.8"))


@pytest.fixture
def finance(client):
    user = User.objects.create_user("fin", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Finance"))
    client.force_login(user)
    return client


def test_page_shows_values_by_the_asked_method(september, finance):
    page = finance.get(reverse(PAGE), {"on": "2026-09-30", "method": "average"}).content.decode()

    assert "£17.00" in page
    assert "£13.50" in page
    assert "€20.00" in page


@pytest.mark.parametrize("asked", [{"on": "yesterday"}, {"method": "lifo"}, {}])
def test_page_falls_back_to_today(september, finance, asked):
    assert finance.get(reverse(PAGE), asked).context["on"] == timezone.localdate()


def test_page_without_stock_says_what_to_do(finance):
    assert "Nothing was in stock" in finance.get(reverse(PAGE)).content.decode()


def test_page_asks_as_much_for_one_level_as_for_many(finance):
    def count():
        inventory.value_stock()
        with CaptureQueriesContext(connection) as queries:
            finance.get(reverse(PAGE))
        return len(queries)

    finance.get(reverse(PAGE))
    buy(1, "1.00")
    with_one = count()
    buy(1, "1.00", "LEE")
    buy(1, "1.00", "BER", country="DE")

    assert count() == with_one


def test_page_needs_its_permission(client):
    client.force_login(User.objects.create_user("eve", password="x", is_staff=True))

    assert client.get(reverse(PAGE)).status_code == 403


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_export_writes_every_level(september, finance, form, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    finance.post(reverse("admin:reporting_valuation_export"), {"on": "2026-09-30", "form": form})

    job = Job.objects.get()
    if not job.result_file:
        tasks.valuation(job)

    content = job.result_file.read()
    read = content if form == "xlsx" else content.decode("utf-8-sig")
    rows = tablib.Dataset().load(read, format=form).dict
    found = {row["Location"]: (int(row["Units"]), Decimal(str(row["FIFO value"]))) for row in rows}
    assert found == {"BER": (4, Decimal(20)), "LON": (5, Decimal(17))}


def test_movements_of_the_last_seconds_are_announced():
    buy(1, "1.00")

    assert valuation(timezone.localdate()).is_behind
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        inventory.value_stock()
    assert not valuation(timezone.localdate()).is_behind
