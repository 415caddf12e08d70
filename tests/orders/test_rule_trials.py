"""Trials take a version through the past of orders: what it would have seen then and come to."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from customers import operations as customers
from inventory import operations as inventory
from inventory.models import StockLevel
from inventory.operations import Units
from oms import jobs
from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import Job
from orders import operations as orders
from orders.models import Order, RuleRun, RuleTrial
from orders.operations.rules.templates import TEMPLATES
from orders.queries.rules.facts import facts_of
from orders.queries.rules.past import pasts_of
from tests import factories as world
from tests.factories.documents import send

pytestmark = pytest.mark.django_db
BY = world.BY
BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = 24


@pytest.fixture
def clock(time_machine):
    """Moves the clock to so many hours after the beginning; it stands still between."""

    def move(hours):
        time_machine.move_to(BEGAN + timedelta(hours=hours), tick=False)

    move(0)
    return move


@pytest.fixture
def shop(clock):
    world.stocked("MUG", world.warehouse(), 50)
    return world.shop(duplicate_window_minutes=0, needs_payment=True)


def place(shop, units=1, **more):
    """Place an order now, and let the consumers run."""
    order = world.place(shop, ("MUG", units), placed_at=datetime.now(UTC), **more)
    drain(webhooks=False)
    return order


def pay(order, amount):
    orders.record_capture(order, by=BY, method="card", amount=Decimal(amount), reference="pi")
    drain(webhooks=False)


def tried(wording, name="Tried"):
    trial = orders.try_rule(orders.draft_rule(name, wording, by=BY), days=3650, by=BY)
    jobs.run.call(Job.objects.filter(kind="rule").latest("pk").pk)
    return RuleTrial.objects.get(pk=trial.pk).result


def when(result):
    """Which orders it would have acted on, and after how many hours."""
    began = [
        (row["number"], datetime.fromisoformat(row["at"]) - BEGAN) for row in result["matches"]
    ]
    return {number: round(after.total_seconds() / 3_600) for number, after in began}


def came_of(result):
    return [(row["done"], row["nothing"], row["refused"]) for row in result["effects"]]


def wording(moment="event", actions=None, conditions=None, **more):
    actions = actions or [{"do": "tag", "tag": "found"}]
    return orders.Wording(moment, actions, conditions or {"all": []}, **more)


# --- By schedule: when clocks pass limits -----------------------------------------------------------


def test_unpaid_order_that_was_paid_on_the_third_day_would_have_been_cancelled_before(shop, clock):
    late, quick = place(shop), place(shop)
    clock(40)
    pay(quick, 10)
    clock(3 * DAY)
    pay(late, 10)
    clock(30 * DAY)

    result = tried(TEMPLATES["unpaid"].wording)

    assert when(result) == {late.number: 48}
    assert came_of(result) == [(1, 0, 0)]
    assert result["worth"] == ["£10.00"]
    assert Order.objects.filter(cancelled_at=None).count() == 2


def test_stuck_in_picking_is_found_when_it_was_picked_long_since(shop, clock):
    stuck, swift = place(shop), place(shop)
    pay(stuck, 10)
    pay(swift, 10)
    clock(10)
    send(swift)
    clock(30)
    send(stuck)
    clock(30 * DAY)

    result = tried(TEMPLATES["stuck"].wording)

    assert when(result) == {stuck.number: 24}
    assert [row["then"] for row in result["matches"]] == ["fulfilment"]
    assert result["today"] == [["shipping", 1]]


def test_trial_and_rule_in_force_find_the_same_orders(shop, clock):
    version = orders.activate_rule(
        orders.draft_rule("Live", TEMPLATES["unpaid"].wording, by=BY),
        by=BY,
        may=lambda _right: True,
    )
    late, quick = place(shop), place(shop)
    clock(20)
    pay(quick, 10)
    for hours in (30, 47.5, 48.1, 50):
        clock(hours)
        orders.run_scheduled()

    run = RuleRun.objects.get(version=version)
    assert (run.order, run.at) == (late, BEGAN + timedelta(hours=48.1))
    assert when(tried(TEMPLATES["unpaid"].wording)) == {late.number: 48}


# --- On events ------------------------------------------------------------------------------------


def test_event_rule_is_for_orders_that_the_event_happened_to(shop, clock):
    held, other = place(shop, shipping_address={**world.LONDON, "city": ""}), place(shop)
    clock(5)
    orders.correct_address(held, by=BY, shipping_address=world.LONDON, reason="asked")
    clock(DAY)

    result = tried(TEMPLATES["address"].wording)

    assert when(result) == {held.number: 0}
    assert result["matches"][0]["then"] == "validation"
    everything = tried(wording(events=["order.held"]), "Any hold")
    assert when(everything) == {held.number: 0}
    assert when(tried(wording(events=["order.placed"]), "All")).keys() == {
        held.number,
        other.number,
    }


def test_payments_that_failed_are_counted_as_of_then(shop, clock):
    order = place(shop, units=3)
    for hours in (1, 2, 3):
        clock(hours)
        payment = orders.record_authorization(
            order, by=BY, method="card", amount=Decimal(10), reference=f"pi_{hours}"
        )
        orders.void(payment, by=BY)
    clock(DAY)

    assert when(tried(TEMPLATES["payments_fail"].wording)) == {order.number: 3}


def test_units_without_stock_are_those_of_then(shop, clock):
    short = place(shop, units=60)
    pay(short, 600)
    clock(2 * DAY)
    inventory.receive(short.lines.get().product, StockLevel.objects.get().location, 20, by=BY)
    drain(webhooks=False)

    assert Order.objects.get(pk=short.pk).lines.get().backordered == 0
    assert list(when(tried(TEMPLATES["short"].wording))) == [short.number]


# --- While placing --------------------------------------------------------------------------------


def test_addresses_are_asked_as_they_were_when_it_was_placed(shop, clock):
    abroad = {**world.LONDON, "country": "FR", "postcode": "75001"}
    differs = place(shop, units=50, billing_address=abroad)
    place(shop, units=1)
    gone = place(shop, units=50, billing_address=abroad, customer=world.CORA)
    customers.erase(gone.subject, by=BY, reason="asked")
    clock(DAY)

    result = tried(TEMPLATES["countries_differ"].wording)

    assert when(result) == {differs.number: 0}
    assert result["unknown"] == 1
    assert "FR" not in str(result)


def test_totals_and_tags_are_those_of_then(shop, clock):
    order = place(shop, units=6)
    clock(2)
    orders.tag(order, by=BY, add=["later"])
    orders.cancel_lines(order, by=BY, quantities={order.lines.get().pk: 3}, reason="customer")
    clock(DAY)

    big = {"all": [leaf("total", "gte", "60"), leaf("tags", "has_none", ["later"])]}
    assert when(tried(wording("placing", conditions=big))) == {order.number: 0}
    small = {"all": [leaf("total", "lt", "60")]}
    assert when(tried(wording("placing", conditions=small), "Small")) == {}


# --- What would have come of it ---------------------------------------------------------------------


def test_effects_tell_what_changes_nothing_and_what_is_refused(shop, clock):
    paid, unpaid = place(shop), place(shop, tags=("found",))
    pay(paid, 10)
    clock(5 * DAY)
    actions = [
        {"do": "tag", "tag": "found"},
        {"do": "priority", "value": 0},
        {"do": "cancel", "reason": "expired"},
        {"do": "cancel_later", "hours": 24, "reason": "expired"},
        {"do": "notify", "template": "delay"},
    ]
    old = {"all": [leaf("age_hours", "gte", "48")]}

    result = tried(wording("schedule", actions, old, every_minutes=60))

    assert when(result) == {paid.number: 48, unpaid.number: 48}
    assert came_of(result) == [(1, 1, 0), (0, 2, 0), (1, 0, 1), (1, 0, 1), (0, 2, 0)]
    assert result["effects"][0]["says"] == "tag it found"


def test_cancelling_later_leaves_what_is_no_longer_so(shop, clock):
    late, quick = place(shop), place(shop)
    clock(10)
    pay(quick, 10)
    clock(5 * DAY)
    later = [{"do": "cancel_later", "hours": 24, "reason": "expired"}]
    unpaid = {"all": [leaf("payment", "in", ["unpaid"])]}

    result = tried(wording(actions=later, conditions=unpaid, events=["order.placed"]))

    assert when(result).keys() == {late.number, quick.number}
    assert came_of(result) == [(1, 1, 0)]


def test_trial_changes_nothing_and_costs_no_more_statements_for_more_orders(
    shop, clock, django_assert_max_num_queries
):
    place(shop)
    clock(DAY)
    drafted = orders.draft_rule("Tried", TEMPLATES["unpaid"].wording, by=BY)
    run = lambda: jobs.run.call(Job.objects.filter(kind="rule").latest("pk").pk)  # noqa: E731
    orders.try_rule(drafted, days=30, by=BY)
    with django_assert_max_num_queries(40) as one:
        run()
    place(shop)
    place(shop)
    before = list(Order.objects.order_by("pk").values())
    orders.try_rule(drafted, days=30, by=BY)
    with django_assert_max_num_queries(len(one)):
        run()

    assert list(Order.objects.order_by("pk").values()) == before


def test_units_of_the_past_end_as_they_are_now(clock):
    """Held before stock was looked for, short, recalled, split and cancelled."""
    lon = world.warehouse()
    world.stocked("MUG", lon, 14)
    shop = world.shop(duplicate_window_minutes=0, needs_payment=False, review_limit=Decimal(500))
    held = place(shop, 60)
    served, short, apart = place(shop, 4), place(shop, 20), place(shop, 5)
    clock(1)
    lines = {order.pk: order.lines.get() for order in (held, served, short, apart)}
    orders.recall_units(
        served, by=BY, units=[Units(lines[served.pk].pk, lon.pk, 3)], reason="Not found"
    )
    for order in (held, short):
        orders.cancel_lines(
            order, by=BY, quantities={lines[order.pk].pk: 2}, reason="customer", note="Fewer"
        )
    split = orders.Step("split_off", lines[apart.pk].pk, {"quantity": 1})
    orders.confirm_change(orders.draft_change(apart, by=BY, steps=[split]), by=BY)
    drain(webhooks=False)

    found = list(Order.objects.select_related("channel", "subject").order_by("pk"))
    now, names = datetime.now(UTC), {"released", "backordered"}
    pasts = pasts_of(found, now, names, ())

    today = facts_of(found, now, names)
    assert len(found) == 5
    assert today[held.pk]["backordered"] == 58
    for past in pasts:
        seen = {name: past.facts(now)[name] for name in names}
        assert seen == {name: today[past.order.pk][name] for name in names}, past.order.number
    assert pasts[0].facts(BEGAN)["backordered"] == 60
