"""What rules must not do: reach further than their people, lose a turn, cost what they need not."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from oms import events
from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import AppendOnlyError, Event, User
from orders import operations as orders
from orders.models import HoldType, RuleRun, RuleVersion
from orders.operations.rules import ready
from orders.operations.rules.turns import LEASE
from orders.queries.rules.wording import version_words
from tests import factories as world

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


MAIL = {"do": "mail", "to": "Finance", "message": "Look"}


def test_a_rule_writes_to_whoever_works_here_and_names_nobody_for_ever(shop, mailoutbox):
    ada = world.colleague("ada", first_name="Ada", last_name="Clerk")
    world.colleague("fay", "Finance")
    world.colleague("gone", "Finance", is_active=False)
    rule = in_force(actions=[MAIL, {**MAIL, "to": ada}])
    world.place(shop, ("MUG", 10))
    drain()

    assert [mail.to for mail in mailoutbox] == [["fay@shop.example"], ["ada@shop.example"]]
    kept = [str(event.facts) for event in Event.objects.filter(actor=f"rule:{rule.rule_id}")]
    assert "Ada Clerk" in version_words(rule)
    assert not [facts for facts in kept if "Ada" in facts or "@" in facts]


def test_a_rule_mails_nobody_who_has_left(shop, mailoutbox):
    rule = in_force(actions=[{**MAIL, "to": world.colleague("ada")}])
    User.objects.update(is_active=False)
    world.place(shop, ("MUG", 10))
    drain()

    assert (mailoutbox, RuleRun.objects.get().outcome) == ([], "failed")
    orders.switch_off(rule.rule, by=BY, reason="x")
    with pytest.raises(orders.BadRule):
        orders.activate_rule(rule, by=BY, may=anything)


def test_mailing_colleagues_needs_its_right(shop):
    drafted = orders.draft_rule("Mail", wording(actions=[MAIL]), by=BY)

    with pytest.raises(orders.RightMissing, match="write to colleagues"):
        orders.activate_rule(drafted, by=BY, may=lambda right: right != "orders.mail_colleagues")


def test_a_rule_lifts_only_what_its_activator_may_lift(shop):
    HoldType.objects.filter(code="fraud").update(lifted_by="owners", owner="Finance")
    ben, fay = world.colleague("ben", "Operations"), world.colleague("fay", "Finance")
    lifting = {"events": ["order.tagged"], "actions": [{"do": "lift", "kind": "fraud"}]}
    drafted = orders.draft_rule("Lift", wording(**lifting), by=BY)

    with pytest.raises(orders.NotYoursToLift):
        orders.activate_rule(drafted, by=ben, may=anything)

    orders.activate_rule(drafted, by=fay, may=anything)
    order = world.place(shop, ("MUG", 10))
    hold = orders.place_hold(order, by=BY, kind="fraud", reason="x")
    User.objects.get(username="fay").groups.clear()
    orders.tag(order, by=BY, add=["x"])
    drain()
    assert (order.holds.get().lifted_at, RuleRun.objects.get().outcome) == (None, "failed")

    User.objects.get(username="fay").groups.add(Group.objects.get(name="Finance"))
    orders.tag(order, by=BY, add=["y"])
    drain()
    hold.refresh_from_db()
    assert hold.lifted_at is not None


def test_a_turn_whose_worker_dies_is_taken_up_where_it_was(shop, monkeypatch):
    scheduled = {"moment": "schedule", "events": [], "every_minutes": 7 * 24 * 60}
    rule = in_force(actions=[{"do": "task", "title": "Look", "owner": "Support"}], **scheduled)
    done = [world.place(shop, ("MUG", 10)), world.place(shop, ("MUG", 10))]
    real = orders.rules.running.act

    def dies(version, order, *, by):
        if order == done[1]:
            raise KeyboardInterrupt
        return real(version, order, by=by)

    monkeypatch.setattr("orders.operations.rules.running.act", dies)
    with pytest.raises(KeyboardInterrupt):
        orders.run_scheduled()
    monkeypatch.undo()
    assert orders.run_scheduled() == 0  # the lease: it may still be alive

    RuleVersion.objects.update(next_at=timezone.now())
    assert orders.run_scheduled() == 1
    assert [order.tasks.count() for order in done] == [1, 1]
    rule.refresh_from_db()
    assert rule.next_at > timezone.now() + timedelta(days=6)


def test_a_long_turn_is_renewed_and_begun_by_nobody_else(shop, monkeypatch, time_machine):
    time_machine.move_to(timezone.now())
    in_force(moment="schedule", events=[], every_minutes=15)
    for _ in range(3):
        world.place(shop, ("MUG", 10))
    beside = []

    def slowly(version, order, *, by):
        time_machine.shift(LEASE * 0.9)
        beside.append(orders.run_scheduled())
        return []

    monkeypatch.setattr("orders.operations.rules.running.act", slowly)
    assert (orders.run_scheduled(), beside) == (3, [0, 0, 0])


def test_conditions_are_compiled_once_for_each_wording(shop, monkeypatch):
    compiled, calls = ready.compiled, []
    monkeypatch.setattr(ready, "compiled", lambda *given: calls.append(1) or compiled(*given))
    ready._understood.cache_clear()
    in_force()
    for _ in range(3):
        world.place(shop, ("MUG", 10))
        drain()
    in_force(conditions={"all": [leaf("total", "gte", "1000")]})
    world.place(shop, ("MUG", 10))
    drain()

    assert (len(calls), RuleRun.objects.count()) == (2, 3)


def test_what_earlier_releases_kept_names_nobody_after_the_migration(shop, monkeypatch):
    rule = in_force(actions=[{"do": "tag", "tag": "big"}])
    order = world.place(shop, ("MUG", 10))
    kept = RuleRun(rule=rule.rule, version=rule, order=order, trigger="event:0", chain=uuid4())
    kept.did = [{"do": "mail", "ok": True, "said": "mail ann.lee@shop.example: Look: 10 @ 9.00"}]
    kept.outcome = "done"
    kept.save()
    events.record("order.rule_ran", order, by="rule:1", rule="Big", version=1, did=kept.did)
    events.record("order.rule_mailed", order, by="rule:1", rule="Big", to="ann@shop.example")
    before = Event.objects.exclude(name__startswith="order.rule_").values_list("facts")
    others = list(before)

    migration = import_module("orders.migrations.0063_runs_name_nobody")
    monkeypatch.setattr(migration, "BATCH", 1)
    migration.name_nobody(None, connection.schema_editor())

    said = [{"do": "mail", "ok": True, "said": "mail a colleague: Look: 10 @ 9.00"}]
    assert RuleRun.objects.get().did == said
    facts = {row.name: row.facts for row in Event.objects.filter(name__startswith="order.rule_")}
    assert facts["order.rule_ran"] == {"rule": "Big", "version": 1, "did": said}
    assert facts["order.rule_mailed"]["to"] == "a colleague"
    assert list(before) == others
    with pytest.raises(AppendOnlyError):
        RuleRun.objects.update(did=[])
