"""Rules: what they may say, when they act, what they leave behind, and where they stop."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from oms import wiring
from oms.conditions import BadCondition, leaf
from oms.dispatch import drain
from oms.models import Delivery, Event
from orders import operations as orders
from orders.models import Hold, Order, Rule, RuleRun, RuleVersion
from orders.queries.rules import earlier
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
BIG = {"all": [leaf("total", "gte", "100")]}


@pytest.fixture
def shop():
    found = world.shop(duplicate_window_minutes=0)
    world.stocked("MUG", world.warehouse(), 100)
    return found


def wording(**said):
    defaults = {
        "moment": "event",
        "events": ["order.placed"],
        "conditions": BIG,
        "actions": [{"do": "tag", "tag": "big"}],
    }
    return orders.Wording(**{**defaults, **said})


def anything(_right):
    return True


def in_force(name="Big orders", **said):
    drafted = orders.draft_rule(name, wording(**said), by=BY)
    return orders.activate_rule(drafted, by=BY, may=anything)


TELL = {"do": "tell", "message": "Look"}
HOLD = {"do": "hold", "kind": "review", "reason": "High value", "owner": "Finance"}


def at_placing(**said):
    return in_force(moment="placing", events=[], actions=[HOLD], **said)


@pytest.mark.parametrize(
    "action",
    [
        HOLD,
        {"do": "assign", "owner": "Finance"},
        {"do": "task", "title": "Look", "owner": "Finance"},
    ],
)
def test_a_role_is_known_in_any_case_and_kept_as_it_is_called(db, action):
    drafted = orders.draft_rule("Owned", wording(actions=[action | {"owner": "finance"}]), by=BY)

    assert drafted.actions == [action]
    with pytest.raises(orders.BadRule, match="there is no nobody"):
        orders.draft_rule("Lost", wording(actions=[action | {"owner": "nobody"}]), by=BY)


def test_a_rule_acts_on_the_orders_it_is_for_and_says_what_it_saw(shop):
    rule = in_force()
    big, small = world.place(shop, ("MUG", 10)), world.place(shop, ("MUG", 1))
    drain()

    big.refresh_from_db()
    small.refresh_from_db()
    run = RuleRun.objects.get()
    assert (big.tags, small.tags) == (["big"], [])
    assert (run.version, run.order, run.outcome) == (rule, big, "done")
    assert run.saw == {"total": "100"}
    assert run.did == [{"do": "tag", "ok": True, "said": "tag it big"}]
    told = Event.objects.get(name="order.rule_ran")
    assert (told.subject_id, told.actor, told.facts["rule"]) == (
        big.pk,
        f"rule:{rule.rule_id}",
        "Big orders",
    )
    assert_ledgers_hold()


def test_a_draft_and_a_rule_that_is_off_act_on_nothing(shop):
    rule = in_force().rule
    orders.switch_off(rule, by=BY, reason="test")
    orders.draft_rule("Other", wording(), by=BY)
    world.place(shop, ("MUG", 10))
    drain()

    assert RuleRun.objects.count() == 0


def test_a_rule_at_placing_holds_before_anything_is_released(shop):
    rule = at_placing()

    order = world.place(shop, ("MUG", 10))

    hold = order.holds.get()
    assert (hold.kind, hold.reason, hold.owner) == ("review", "High value", "Finance")
    assert (hold.placed_by, hold.handle) == (f"rule:{rule.rule_id}", f"rule:{rule.rule_id}")
    assert order.lines.get().released == 0
    assert RuleRun.objects.get().version == rule
    assert Event.objects.filter(name="order.rule_ran").count() == 1
    assert_ledgers_hold()


def test_switching_a_rule_on_and_off_counts_from_the_next_order(shop):
    rule = at_placing()
    shop.refresh_from_db()
    first = world.place(shop, ("MUG", 10))
    orders.switch_off(rule.rule, by=BY, reason="too many")
    shop.refresh_from_db()
    second = world.place(shop, ("MUG", 10))

    assert (first.holds.count(), second.holds.count()) == (1, 0)


def test_placing_knows_countries_of_both_addresses(shop):
    at_placing(conditions={"all": [leaf("billing_differs", "yes")]})
    abroad = {**world.LONDON, "country": "FR", "postcode": "75001"}

    same = world.place(shop, ("MUG", 1))
    other = world.place(shop, ("MUG", 1), billing_address=abroad)

    assert (same.holds.count(), other.holds.count()) == (0, 1)
    assert RuleRun.objects.get().saw == {"billing_differs": True}


def test_rules_at_placing_take_one_statement_once(shop):
    at_placing(conditions={"all": [leaf("total", "gte", "1000000")]})
    shop.refresh_from_db()
    world.place(shop, ("MUG", 1))
    with connection.execute_wrapper(counting := Counting()):
        world.place(shop, ("MUG", 1))

    assert counting.of_rules == 0


class Counting:
    """Counts statements that speak of rules."""

    of_rules = 0

    def __call__(self, execute, sql, params, many, context):
        self.of_rules += "orders_rule" in sql and "rules_stamp" not in sql
        return execute(sql, params, many, context)


def test_an_event_delivered_twice_is_acted_on_once(shop):
    in_force()
    order = world.place(shop, ("MUG", 10))
    event = Event.objects.get(name="order.placed", subject_id=order.pk)

    assert orders.run_events([event]) == 1
    orders.tag(order, by=BY, remove=["big"])
    assert orders.run_events([event]) == 0

    order.refresh_from_db()
    assert (order.tags, RuleRun.objects.count()) == ([], 1)


def die_after(event):
    with transaction.atomic():
        orders.run_events([event])
        raise KeyboardInterrupt


def test_a_worker_that_dies_leaves_neither_run_nor_effect(shop):
    in_force()
    order = world.place(shop, ("MUG", 10))
    event = Event.objects.get(name="order.placed", subject_id=order.pk)

    with pytest.raises(KeyboardInterrupt):
        die_after(event)
    order.refresh_from_db()
    assert (order.tags, RuleRun.objects.count()) == ([], 0)

    drain()
    order.refresh_from_db()
    assert (order.tags, RuleRun.objects.count()) == (["big"], 1)


def test_the_database_has_a_rule_act_once_for_one_cause(shop):
    in_force()
    world.place(shop, ("MUG", 10))
    drain()
    run = RuleRun.objects.get()
    run.pk, run._state.adding = None, True

    with pytest.raises(IntegrityError), transaction.atomic():
        run.save()


def test_a_rule_that_its_own_effect_calls_is_stopped_and_told(shop):
    in_force(
        "Swing",
        events=["order.placed", "order.tagged"],
        actions=[{"do": "untag", "tag": "a"}, {"do": "tag", "tag": f"x{uuid.uuid4().hex[:4]}"}],
    )
    order = world.place(shop, ("MUG", 10), tags=("a",))
    drain()

    assert list(order.rule_runs.order_by("pk").values_list("outcome", flat=True)) == [
        "done",
        "stopped",
        "stopped",
    ]
    assert Event.objects.filter(name="order.rule_stopped").count() == 2


def test_two_rules_that_call_each_other_are_stopped(shop):
    for name, add, remove in (("Ping", "a", "b"), ("Pong", "b", "a")):
        in_force(
            name,
            events=["order.tagged"],
            conditions={"all": [leaf("tags", "has_any", [remove])]},
            actions=[{"do": "untag", "tag": remove}, {"do": "tag", "tag": add}],
        )
    order = world.place(shop, ("MUG", 1))
    orders.tag(order, by=BY, add=["b"])
    drain()

    # Pong acts on the first event, too: it sees what Ping did. From there each calls the other once.
    outcomes = list(order.rule_runs.values_list("outcome", flat=True))
    assert outcomes.count("done") == 3
    assert "stopped" in outcomes


def test_a_refused_action_is_told_and_the_others_are_taken(shop):
    in_force(actions=[{"do": "cancel", "reason": "expired"}, {"do": "tag", "tag": "seen"}])
    order = world.place(shop, ("MUG", 10))
    drain()

    run = RuleRun.objects.get()
    order.refresh_from_db()
    assert [row["ok"] for row in run.did] == [False, True]
    assert (run.outcome, order.tags, order.status) == ("failed", ["seen"], "confirmed")
    assert_ledgers_hold()


def test_a_schedule_acts_once_on_each_open_order(shop):
    shop.needs_payment = True
    shop.save()
    in_force(
        "Unpaid",
        moment="schedule",
        events=[],
        every_minutes=15,
        conditions={"all": [leaf("payment", "in", ["unpaid"]), leaf("age_hours", "gte", "48")]},
        actions=[{"do": "cancel", "reason": "expired"}],
    )
    order = world.place(shop, ("MUG", 1))

    assert (orders.run_scheduled(), orders.run_scheduled()) == (1, 0)
    RuleVersion.objects.update(next_at=world.NOW)
    assert orders.run_scheduled() == 0

    order.refresh_from_db()
    assert (order.status, RuleRun.objects.count()) == ("cancelled", 1)
    assert_ledgers_hold()


def test_a_rule_sees_what_the_one_before_it_did(shop):
    in_force("First")
    in_force(
        "Second",
        conditions={"all": [leaf("tags", "has_any", ["big"])]},
        actions=[{"do": "priority", "value": 5}],
    )
    order = world.place(shop, ("MUG", 10))
    drain()
    order.refresh_from_db()
    assert (order.tags, order.priority) == (["big"], 5)


def test_switching_a_scheduled_rule_off_stops_it_between_two_orders(shop, monkeypatch):
    rule = in_force("Tag", moment="schedule", events=[], every_minutes=15)
    for _ in range(2):
        world.place(shop, ("MUG", 10))

    def act_and_switch_off(version, order, *, by):
        orders.switch_off(version.rule, by=BY, reason="wrong")
        return []

    monkeypatch.setattr("orders.operations.rules.running.act", act_and_switch_off)
    assert orders.run_scheduled() == 1
    assert RuleRun.objects.filter(rule=rule.rule).count() == 1


def test_an_order_that_breaks_a_scheduled_rule_does_not_keep_it_from_others(shop, monkeypatch):
    in_force("Tag", moment="schedule", events=[], every_minutes=15)
    broken, fine = world.place(shop, ("MUG", 10)), world.place(shop, ("MUG", 10))

    def act(version, order, *, by):
        if order.pk == broken.pk:
            raise ZeroDivisionError
        return []

    monkeypatch.setattr("orders.operations.rules.running.act", act)
    assert orders.run_scheduled() == 1
    assert RuleRun.objects.get().order == fine
    assert RuleVersion.objects.get().next_at > world.NOW


def test_runs_point_to_the_version_that_ran(shop):
    first = in_force()
    world.place(shop, ("MUG", 10))
    drain()
    second = in_force(actions=[{"do": "tag", "tag": "huge"}])
    world.place(shop, ("MUG", 10))
    drain()

    first.refresh_from_db()
    assert (first.state, second.number) == ("retired", 2)
    assert list(RuleRun.objects.order_by("pk").values_list("version", flat=True)) == [
        first.pk,
        second.pk,
    ]
    assert first.actions == [{"do": "tag", "tag": "big"}]


@pytest.mark.parametrize(
    "said",
    [
        {"actions": []},
        {"actions": [{"do": "explode"}]},
        {"actions": [{"do": "tag"}]},
        {"actions": [{"do": "tag", "tag": "x", "code": "import os"}]},
        {"actions": [{"do": "priority", "value": 1_000}]},
        {"actions": [{"do": "cancel", "reason": "moved"}]},
        {"events": []},
        {"events": ["order.rule_ran"]},
        {"moment": "placing", "events": [], "actions": [{"do": "priority", "value": 1}]},
        {"moment": "schedule", "events": []},
        {"every_minutes": 5},
    ],
)
def test_a_bad_rule_is_refused_and_nothing_is_written(said):
    with pytest.raises(orders.BadRule):
        orders.draft_rule("Bad", wording(**said), by=BY)
    assert (Rule.objects.count(), Event.objects.count()) == (0, 0)


def test_a_rule_at_placing_cannot_ask_what_is_not_known_yet():
    with pytest.raises(BadCondition):
        orders.draft_rule(
            "Bad",
            wording(
                moment="placing",
                events=[],
                actions=[HOLD],
                conditions={"all": [leaf("stage", "in", ["payment"])]},
            ),
            by=BY,
        )
    assert Rule.objects.count() == 0


def test_a_version_in_force_is_not_activated_again():
    version = in_force()
    with pytest.raises(orders.RuleInForce):
        orders.activate_rule(version, by=BY, may=anything)
    orders.switch_off(version.rule, by=BY, reason="x")
    with pytest.raises(orders.RuleInForce):
        orders.switch_off(version.rule, by=BY, reason="x")
    assert Event.objects.filter(name="rule.switched_off").count() == 1
    assert Hold.objects.count() == 0


def test_switching_on_is_refused_when_a_newer_version_was_drafted_meanwhile():
    seen = orders.draft_rule("Big", wording(), by=BY)
    newer = orders.draft_rule("Big", wording(actions=[{"do": "tag", "tag": "other"}]), by=BY)

    with pytest.raises(orders.RuleChanged) as refusal:
        orders.activate_rule(seen, by=BY, may=anything, newest=1)
    assert "Big v2 was drafted" in refusal.value.detail
    assert not RuleVersion.objects.filter(state="active").exists()

    assert orders.activate_rule(seen, by=BY, may=anything, newest=newer.number).number == 1


def test_a_version_that_is_not_in_force_does_not_switch_its_rule_off():
    first = in_force()
    second = in_force()

    with pytest.raises(orders.RuleInForce) as refusal:
        orders.switch_off(first.rule, by=BY, reason="x", version=first)
    assert refusal.value.detail == "Big orders v1 is not in force; version 2 of it is."
    second.refresh_from_db()
    assert second.state == "active"

    orders.switch_off(first.rule, by=BY, reason="x", version=second)
    assert not RuleVersion.objects.filter(state="active").exists()


@pytest.mark.parametrize(
    ("action", "right"),
    [
        ({"do": "cancel", "reason": "expired"}, "orders.cancel_order"),
        ({"do": "lift", "kind": "review"}, "orders.lift_hold"),
        (HOLD, "orders.place_hold"),
        ({"do": "priority", "value": 5}, "orders.set_priority"),
    ],
)
def test_who_may_not_do_it_by_hand_does_not_switch_it_on(action, right):
    drafted = orders.draft_rule("Far", wording(actions=[TELL, action]), by=BY)

    with pytest.raises(orders.RightMissing) as refusal:
        orders.activate_rule(drafted, by=BY, may=lambda one: one != right)
    assert right in refusal.value.detail
    drafted.refresh_from_db()
    assert (drafted.state, Event.objects.filter(name="rule.activated").count()) == ("draft", 0)

    assert orders.activate_rule(drafted, by=BY, may=lambda one: one == right).state == "active"


def test_renaming_a_rule_keeps_its_versions_together():
    rule = in_force().rule
    other = orders.draft_rule("Other", wording(), by=BY).rule

    version = orders.redraft_rule(rule, "Large orders", wording(), by=BY)
    with pytest.raises(orders.RuleNameTaken):
        orders.redraft_rule(other, "Large orders", wording(), by=BY)

    rule.refresh_from_db()
    assert (rule.name, version.number, rule.versions.count()) == ("Large orders", 2, 2)
    assert Event.objects.get(name="rule.renamed").facts == {
        "before": "Big orders",
        "after": "Large orders",
    }
    assert (Rule.objects.count(), other.versions.count()) == (2, 1)


def test_rules_run_in_the_order_that_people_give_them(shop):
    first = in_force("First", actions=[{"do": "tag", "tag": "a"}]).rule
    second = in_force("Second", actions=[{"do": "tag", "tag": "b"}]).rule
    orders.order_rules([second.pk, first.pk], by=BY)

    order = world.place(shop, ("MUG", 10))
    drain()

    order.refresh_from_db()
    assert order.tags == ["b", "a"]
    assert Event.objects.filter(name="rule.moved").count() == 2


def test_a_stale_channel_that_is_saved_does_not_keep_a_new_rule_from_acting(shop):
    stale = world.Channel.objects.get()
    world.place(stale, ("MUG", 10))
    at_placing()

    stale.name = "Renamed"
    stale.save()
    order = world.place(world.Channel.objects.get(), ("MUG", 10))

    assert (order.channel.name, order.holds.count()) == ("Renamed", 1)


def test_a_version_that_makes_no_sense_any_more_keeps_no_other_from_acting(shop):
    broken = in_force("Broken", actions=[{"do": "tag", "tag": "broken"}])
    held = at_placing(name="Held")
    lost = {"all": [leaf("gone", "eq", "1")]}
    RuleVersion.objects.filter(pk__in=[broken.pk, held.pk]).update(conditions=lost)
    in_force("Sound", actions=[{"do": "tag", "tag": "sound"}])

    order = world.place(shop, ("MUG", 10))
    drain()

    order.refresh_from_db()
    assert (order.tags, order.holds.count()) == (["sound"], 0)


def test_many_rules_on_one_event_are_no_circle(shop):
    for at in range(12):
        in_force(f"Rule {at}", actions=[{"do": "tag", "tag": f"t{at}"}])
    order = world.place(shop, ("MUG", 10))
    drain()

    assert set(order.rule_runs.values_list("outcome", flat=True)) == {"done"}
    assert order.rule_runs.count() == 12


def bounce(event):
    """A consumer that turns what a rule did into what another one waits for."""
    order = orders.lock_order(Order.objects.get(pk=event.subject_id))
    up = "up" in order.tags
    orders.tag(order, by="consumer:bounce", add=[] if up else ["up"], remove=["up"] if up else [])


def test_a_circle_through_a_consumer_is_stopped_and_told_on_rule_and_order(shop, monkeypatch):
    monkeypatch.setitem(wiring.CONSUMERS, "order.priority_set", (f"{__name__}.bounce",))
    for name, ask, value in (("Up", "has_any", 5), ("Down", "has_none", 1)):
        in_force(
            name,
            events=["order.tagged"],
            conditions={"all": [leaf("tags", ask, ["up"])]},
            actions=[{"do": "priority", "value": value}],
        )
    order = world.place(shop, ("MUG", 1))
    orders.tag(order, by=BY, add=["up"])
    drain()

    runs = order.rule_runs.order_by("pk")
    assert [(run.rule.name, run.outcome) for run in runs] == [
        ("Up", "done"),
        ("Down", "done"),
        ("Up", "stopped"),
    ]
    why = "it was called again by what rules did: Up → Down → Up"
    assert runs[2].did == [{"do": "stop", "ok": False, "said": why}]
    assert Event.objects.get(name="order.rule_stopped").facts["did"][0]["said"] == why


def test_a_rule_that_acts_too_often_on_one_order_is_stopped(shop, monkeypatch):
    monkeypatch.setattr("orders.operations.rules.loops.OFTEN", 2)
    in_force(
        "Keen", events=["order.tagged"], conditions={"all": []},
        actions=[{"do": "tell", "message": "Tagged"}],
    )  # fmt: skip
    order = world.place(shop, ("MUG", 1))
    for by in (*[BY] * 3, *["api-key:pos"] * 3):
        orders.tag(order, by=by, add=[f"t{order.rule_runs.count()}"])
        drain()

    outcomes = order.rule_runs.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == [*["done"] * 3, "done", "done", "stopped"]  # people make no loops


def test_no_delivery_is_made_for_rules_while_none_acts_on_the_event(shop):
    world.place(shop, ("MUG", 10))
    drain()
    mine = Delivery.objects.filter(consumer=wiring.RULES)
    assert mine.count() == 0

    in_force(events=["order.tagged"])
    order = world.place(shop, ("MUG", 10))
    orders.tag(order, by=BY, add=["x"])
    drain()

    assert list(mine.values_list("event__name", flat=True)) == ["order.tagged", "order.tagged"]
    assert_ledgers_hold()


def test_rules_that_do_not_fit_share_one_look_at_the_facts(shop, django_assert_max_num_queries):
    for at in range(5):
        in_force(f"Rule {at}", conditions={"all": [leaf("units", "gte", "1000")]})
    order = world.place(shop, ("MUG", 10))
    event = Event.objects.get(name="order.placed", subject_id=order.pk)

    # Rules, order, lines; between two savepoints.
    with django_assert_max_num_queries(3 + 2):
        assert orders.run_events([event]) == 0


def test_earlier_orders_of_a_buyer_are_counted_up_to_a_bound(shop, monkeypatch):
    world.product("TEA")
    placed = [world.place(shop, ("TEA", at)) for at in (1, 2, 3, 4)]
    orders.cancel(placed[1], by=BY, reason="customer")
    other = world.place(shop, ("MUG", 1), customer=world.CORA)
    keys = [placed[3].pk, other.pk]

    assert earlier.earlier(keys) == {
        placed[3].pk: {"customer_orders": 2, "customer_spent": 40},
        other.pk: {"customer_orders": 0, "customer_spent": 0},
    }
    monkeypatch.setattr(earlier, "MOST", 1)
    assert earlier.earlier(keys)[placed[3].pk] == {"customer_orders": 1, "customer_spent": 30}
