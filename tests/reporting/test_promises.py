"""Promises kept: counted once an order has left, or is late."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from inventory import operations as inventory
from oms.dispatch import drain
from orders import operations as orders
from orders.models import Order
from reporting import operations, queries
from reporting.models import PromiseOutcome
from reporting.queries.promises import promise_invariants, promises_kept
from tests import factories as world
from tests.factories import documents

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(NOW, tick=True)
    return time_machine


@pytest.fixture
def sent(ship):
    """An order of two mugs that leaves so long after it was placed; promised for two days."""
    london = world.warehouse("LON")
    world.stocked("MUG", london, 50)
    shop = world.shop(duplicate_window_minutes=0)

    def send(*, after, change=None):
        order = world.place(shop, ("MUG", 2), placed_at=NOW)
        if change:
            orders.change_promise(
                order, by=world.BY, promised_at=NOW + change, reason="customer_asked"
            )
        if after:
            documents.ship(order, f"SH{order.pk}", MUG=2)
            ship(order, london, after=after)
        return order

    return send


def wrong():
    return [said for each in promise_invariants() for said in each.violations()]


def report(days=7):
    now = datetime(2026, 3, 8, 9, 0, tzinfo=UTC)
    return promises_kept(queries.Period.latest(days, now=now), now=now)


def test_kept_rate_by_first_and_last_promise(sent, monday):
    sent(after=timedelta(hours=5))
    sent(after=timedelta(days=3))
    sent(after=timedelta(days=3), change=timedelta(days=5))
    drain(webhooks=False)

    found = report()

    assert (found.total.promised, found.total.first, found.total.last) == (3, 1, 2)
    assert (round(found.total.rate), round(found.total.last_rate)) == (33, 67)
    assert {name: kept.promised for name, kept in found.channels.items()} == {"Shop": 3}
    assert {name: kept.first for name, kept in found.locations.items()} == {"LON": 1}
    assert dict(found.reasons) == {"Left late, never promised anew": 1, "Customer asked": 1}
    assert wrong() == []


def test_late_order_that_has_not_left_counts_as_broken_and_says_why(sent):
    order = sent(after=None)
    orders.place_hold(order, by=world.BY, kind="other", reason="Waits for a call")

    found = report()

    assert (found.total.promised, found.total.first) == (1, 0)
    assert [(row.number, row.reason) for row in found.late] == [(order.number, "Waits for a call")]


def test_promise_whose_day_has_not_come_is_not_counted(sent):
    sent(after=None, change=timedelta(days=30))

    assert report().total.promised == 0


def test_order_that_left_in_part_is_not_judged_yet(sent, ship):
    order = sent(after=None)
    documents.ship(order, "SH-PART", MUG=1)
    ship(order, order.lines.get().reservations.first().level.location)
    drain(webhooks=False)

    assert not PromiseOutcome.objects.exists()


def test_order_whose_rest_is_given_up_after_it_left_in_part_is_judged_then(sent, ship):
    order = sent(after=None)
    documents.ship(order, "SH-PART", MUG=1)
    london = order.lines.get().reservations.first().level.location
    ship(order, london)
    drain(webhooks=False)

    [line] = order.lines.all()
    rest = [inventory.Units(line.pk, london.pk, 1)]
    orders.recall_units(order, by=world.BY, units=rest, reason="Not wanted")
    orders.cancel_lines(order, by=world.BY, quantities={line.pk: 1}, reason="customer")
    assert wrong() == []  # it will be judged, once that is heard of
    drain(webhooks=False)

    assert PromiseOutcome.objects.get().order == order
    assert wrong() == []


def test_judging_again_changes_nothing(sent):
    order = sent(after=timedelta(hours=5))
    drain(webhooks=False)
    before = list(PromiseOutcome.objects.values())

    assert operations.judge([order.pk]) == 1
    assert operations.judge_all() == 1

    assert list(PromiseOutcome.objects.values()) == before


def test_outcome_that_was_tampered_with_is_found(sent):
    sent(after=timedelta(hours=5))
    drain(webhooks=False)
    assert wrong() == []
    PromiseOutcome.objects.update(first_at=NOW)

    assert len(wrong()) == 1
    assert len(list(operations.repair_outcomes())) == 1
    assert wrong() == []


def test_outcome_that_is_missing_is_found_and_made(sent):
    order = sent(after=timedelta(hours=5))
    assert wrong() == []  # nobody has heard of it yet
    drain(webhooks=False)
    before = list(PromiseOutcome.objects.values("order", "kept_first", "shipped_at"))
    PromiseOutcome.objects.all().delete()

    assert wrong() == [f"{order}: left, not judged"]
    assert list(operations.repair_outcomes()) == [
        f"{order}: was not judged; judged anew from promises and shipments."
    ]

    assert wrong() == []
    assert list(PromiseOutcome.objects.values("order", "kept_first", "shipped_at")) == before


def test_page_with_and_without_promises(sign_in, sent, monday):
    client = sign_in("Operations")
    url = reverse("admin:reporting_promises")
    assert "No order was promised" in client.get(url).content.decode()

    sent(after=timedelta(days=3))
    drain(webhooks=False)
    monday.move_to(NOW + timedelta(days=6))
    client.force_login(client.user)  # the session has ended meanwhile
    text = client.get(url).content.decode()

    assert "0 of 1" in text
    assert "0.0 %" in text


def test_page_asks_as_much_for_three_orders_as_for_one(
    sign_in, sent, monday, django_assert_max_num_queries
):
    client = sign_in("Operations")
    url = reverse("admin:reporting_promises")

    def count():
        with django_assert_max_num_queries(60) as captured:
            client.get(url)
        return len(captured)

    sent(after=timedelta(days=3))
    sent(after=None)
    drain(webhooks=False)
    monday.move_to(NOW + timedelta(days=6))
    client.force_login(client.user)
    count()
    one = count()
    monday.move_to(NOW)
    for _ in range(2):
        sent(after=timedelta(days=3))
        sent(after=None)
    drain(webhooks=False)
    monday.move_to(NOW + timedelta(days=6))
    client.force_login(client.user)

    assert count() == one
    assert Order.objects.count() == 6
