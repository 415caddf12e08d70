"""The demo: a small part of it through the same steps, then what it must show."""

import csv
import gzip
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from compliance.models import Invoice
from customers.models import CustomerNote, Segment
from fulfillment.models import (
    Claim,
    ClaimEntry,
    FulfillmentOrder,
    OriginReturn,
    Return,
    Shipment,
)
from fulfillment.queries.pickup import CARRIER as PICKUP
from inventory.models import (
    Count,
    Fence,
    InventoryReport,
    LocationService,
    Lot,
    LotStock,
    Product,
    PurchaseOrder,
    ReplenishmentProposal,
    StockMovement,
    Transfer,
)
from oms.demo import lots, regulars, seeding, world
from oms.demo.clock import set_back
from oms.demo.people import address_of, somebody
from oms.demo.slice import FILE, LAST_DAY, shift_to
from oms.models import Event, User
from orders.enums import BY_SYSTEM, DraftStatus, HoldKind, PaymentStatus, Stage
from orders.models import (
    BankLine,
    Channel,
    DraftOrder,
    Hold,
    Order,
    RemittanceRow,
    RuleTrial,
    RuleVersion,
    StoreCredit,
)
from reporting.queries import pipeline

LATEST = "2011-11-21"  # a small demo begins here
EVERY = 10  # and has one sale of so many


@pytest.fixture
def part(tmp_path):
    """Some sales of the last weeks, and the credits of that time."""
    path = tmp_path / "part.csv"
    with gzip.open(FILE, "rt", newline="") as source, path.open("w", newline="") as target:
        rows, writer = csv.reader(source), csv.writer(target)
        writer.writerow(next(rows))
        writer.writerows(row for row in rows if row[4] > LATEST and is_in(row[0]))
    return path


def is_in(number):
    return number[-1] == "1" if number[0] == "C" else int(number) % EVERY == 0


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.OMS_DATA_DIR = tmp_path


def nothing(*_told):
    pass


@pytest.mark.django_db
def test_every_location_of_the_demo_states_what_a_parcel_costs():
    world.lay_down()
    world.lay_down()  # and once only

    services = LocationService.objects.filter(shipping_base__gt=0, shipping_per_100km__gt=0)
    stated = services.filter(shipping_per_kg__gt=0, handling_per_parcel__gt=0)
    assert set(stated.values_list("location__code", flat=True)) == set(world.LOCATIONS)


class Interrupted(Exception):
    pass


def interrupt(step, _done, _of):
    if step == "Today":
        raise Interrupted


def assert_finance_finds_something():
    assert {*Claim.objects.values_list("status", flat=True)} >= {"open", "sent", "declined"}
    assert ClaimEntry.objects.filter(kind="written_off").exists()
    assert {"matched", "open", "paid", "missing"} <= {
        *BankLine.objects.values_list("state", flat=True),
        *RemittanceRow.objects.values_list("outcome", flat=True),
    }
    assert [row.customer is None for row in StoreCredit.objects.order_by("pk")] == [True, False]


def assert_rules_were_tried():
    assert RuleVersion.objects.get(state="active").rule.name == "Gift"
    assert {*RuleTrial.objects.values_list("job__state", flat=True)} == {"done"}
    assert RuleTrial.objects.get(version__rule__name="Stuck in picking").result["matched"] > 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_load_shows_everything_at_once_and_every_figure_proves_itself(part, data_dir, capsys):
    with pytest.raises(Interrupted):
        seeding.load(interrupt, part)
    assert not seeding.is_loaded()
    days = set(Order.objects.values_list("external_id", flat=True))

    seeding.load(nothing, part)

    assert seeding.is_loaded()
    assert Order.objects.filter(external_id__in=days).count() == len(days)
    assert set(Hold.objects.filter(lifted_at=None).values_list("type", flat=True)) >= {
        *HoldKind.values
    } - {*BY_SYSTEM}
    assert {*Order.objects.values_list("payment_status", flat=True)} == {*PaymentStatus.values}
    assert {stage.stage for stage in pipeline(timezone.now()) if stage.orders} == {*Stage.values}
    assert {*DraftOrder.objects.values_list("status", flat=True)} == {*DraftStatus.values}
    assert DraftOrder.objects.filter(status="open", quoted_at__isnull=False).exists()
    assert {*Invoice.objects.values_list("kind", flat=True)} == {"invoice", "credit_note"}
    assert {"requested", "approved", "declined", "received"} <= {
        *Return.objects.values_list("status", flat=True)
    }
    assert Event.objects.filter(name="order.backordered").exists()
    assert {*Channel.objects.filter(orders__isnull=False).values_list("code", flat=True)} == {
        *world.CHANNELS
    }
    assert {*Shipment.objects.values_list("carrier__code", flat=True)} == {
        *world.CARRIERS,
        PICKUP,
    }
    at_the_counter = FulfillmentOrder.objects.filter(for_pickup=True)
    assert {*at_the_counter.values_list("status", flat=True)} == {
        "open",
        "picked",
        "ready_for_pickup",
        "collected",
    }
    assert LocationService.objects.filter(calendar__holidays__isnull=False).exists()
    assert FulfillmentOrder.objects.filter(status="rejected").exists()
    assert {*PurchaseOrder.objects.values_list("status", flat=True)} >= {
        "draft",
        "sent",
        "partially_received",
        "cancelled",
    }
    assert {*Transfer.objects.values_list("status", flat=True)} >= {"requested", "shipped"}
    assert_finance_finds_something()
    assert OriginReturn.objects.count() == 2
    assert ReplenishmentProposal.objects.filter(state="open").exists()
    assert {*Count.objects.values_list("status", flat=True)} >= {*lots.COUNTS}
    assert {*InventoryReport.objects.values_list("status", flat=True)} == {"draft", "posted"}
    assert Fence.objects.filter(lifted_at=None).count() == 2
    assert Product.objects.filter(family="lunch-bag").count() > 1
    assert Segment.objects.filter(members__isnull=False, filled_version=1).exists()
    assert CustomerNote.objects.count() == len(regulars.NOTES)
    assert_rules_were_tried()
    recalled = Lot.objects.get(held_at__isnull=False)
    assert recalled.movements.filter(kind="issued").exists()
    assert LotStock.objects.filter(
        condition="quarantined", lot__code="AS-2409", quantity=18
    ).exists()
    assert StockMovement.objects.order_by("pk").first().at < timezone.now() - timedelta(days=10)
    assert timezone.now() - Event.objects.latest("pk").at < timedelta(minutes=10)
    call_command("check_ledgers")
    assert "0 do not hold" in capsys.readouterr().out


@pytest.mark.django_db
def test_seed_demo_where_it_is_loaded_does_nothing(capsys):
    world.lay_down()
    seeding._remember()
    before = Event.objects.count()

    call_command("seed_demo")

    assert capsys.readouterr().out == "The demo is loaded.\n"
    assert (Event.objects.count(), Order.objects.count()) == (before, 0)


@pytest.mark.django_db
def test_seed_demo_in_production_is_refused(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="not in production"):
        call_command("seed_demo")

    assert User.objects.count() == 0


@pytest.mark.django_db
def test_lay_down_twice_makes_everything_once():
    world.lay_down()
    Channel.objects.filter(code=world.SHOP).update(name="Renamed")

    world.lay_down()

    assert Channel.objects.get(code=world.SHOP).name == "Renamed"
    assert world.table("inventory.Location").count() == 4
    assert world.table("compliance.EntityLocation").count() == 4
    users = get_user_model().objects.all()
    assert sorted(group.name for user in users for group in user.groups.all()) == sorted(
        role for role, *_ in world.LOGINS
    )
    assert users.get(username="finance").check_password("demo-finance")


def test_clock_set_back_tells_the_past_and_then_the_present_again():
    moment = datetime(2026, 9, 1, 8, tzinfo=UTC)

    with set_back(moment) as clock:
        first = timezone.now()
        clock.set(moment + timedelta(days=1))
        second = timezone.now()
        clock.set(moment)
        third = timezone.now()

    assert timedelta(0) <= first - moment < timedelta(seconds=5)
    assert second - first >= timedelta(days=1) - timedelta(seconds=5)
    assert third >= second
    assert timezone.now() > moment + timedelta(days=2)


@pytest.mark.parametrize("today", [date(2026, 11, 23), date(2026, 11, 27), date(2027, 2, 3)])
def test_shift_keeps_the_day_of_the_week_and_leaves_no_day_before_today_empty(today):
    moved = LAST_DAY + shift_to(today)

    assert moved.weekday() == LAST_DAY.weekday()
    assert timedelta(0) <= moved - today < timedelta(days=7)


def test_people_are_the_same_every_time_and_invented():
    assert somebody("17850") == somebody("17850")
    assert somebody("17850").email.endswith("@demo.example")
    assert address_of("17850", "DE", "Ada")["country"] == "DE"
    assert address_of("17850", "", "Ada")["line1"] == ""
