"""Rules on products and purchase orders: they tell once a day of what they fit."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from oms import jobs
from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import Event, Job
from orders import operations as orders
from orders.models import RuleRun, RuleTrial, RuleVersion
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
MAIL = {"do": "mail", "to": "Operations", "message": "Order more"}


def in_force(wording):
    drafted = orders.draft_rule("Watch", wording, by=BY)
    return orders.activate_rule(drafted, by=BY, may=lambda _right: True)


def watch(conditions, *actions, subject="product"):
    return orders.Wording(
        "schedule", list(actions or [MAIL]), conditions, every_minutes=60, subject=subject
    )


@pytest.fixture
def shelf():
    """Five mugs, a pot that is sold out, and somebody who buys."""
    world.colleague("buyer", "Operations")
    world.stocked("MUG", world.warehouse(), 5)
    world.product("POT")


def test_low_stock_is_told_once_a_day_for_each_product(shelf, time_machine):
    time_machine.move_to(timezone.now().replace(hour=9), tick=True)
    rule = in_force(watch({"all": [leaf("available", "lte", "4")]}))

    assert orders.run_scheduled() == 1
    RuleVersion.objects.update(next_at=world.NOW)
    assert orders.run_scheduled() == 0
    drain()

    run = RuleRun.objects.get()
    assert (run.about, run.saw, run.order) == ("POT", {"available": 0}, None)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["buyer@shop.example"], "POT: Order more")
    assert f"/admin/inventory/product/{run.product_id}/change/" in sent.body
    told = Event.objects.get(name="rule.mailed")
    assert (told.subject_id, told.facts["count"]) == (rule.rule_id, 1)

    time_machine.move_to(timezone.now() + timedelta(days=1), tick=True)
    RuleVersion.objects.update(next_at=world.NOW)
    assert orders.run_scheduled() == 1


def test_a_rule_that_was_switched_off_meanwhile_tells_nothing(shelf, monkeypatch):
    version = in_force(watch({"all": []}))

    def off_first(subject):
        orders.switch_off(version.rule, by=BY, reason="wrong")
        return watched(subject)

    from orders.queries.rules.subjects import watched

    monkeypatch.setattr("orders.operations.rules.things.watched", off_first)
    assert orders.run_scheduled() == 0
    assert RuleRun.objects.count() == 0


def test_a_trial_on_products_looks_at_them_as_they_are(shelf):
    version = orders.draft_rule("Watch", watch({"all": [leaf("on_hand", "gte", "1")]}), by=BY)
    trial = orders.try_rule(version, days=1, by=BY)
    jobs.run.call(Job.objects.get(kind="rule").pk)

    result = RuleTrial.objects.get(pk=trial.pk).result
    assert (result["orders"], result["matched"]) == (2, 1)
    assert result["matches"][0]["number"] == "MUG"
    assert RuleRun.objects.count() == 0


@pytest.mark.parametrize(
    "wording",
    [
        watch({"all": []}, {"do": "tag", "tag": "x"}),
        watch({"all": []}, subject="customer"),
        orders.Wording("event", [MAIL], events=["order.placed"], subject="product"),
    ],
)
def test_what_cannot_be_done_to_products_is_refused(wording):
    with pytest.raises(orders.BadRule):
        orders.draft_rule("Bad", wording, by=BY)
    assert RuleVersion.objects.count() == 0


def test_the_database_has_a_run_be_about_one_thing(shelf):
    in_force(watch({"all": []}))
    orders.run_scheduled()
    run = RuleRun.objects.first()
    run.pk, run._state.adding, run.product_id = None, True, None
    with pytest.raises(IntegrityError), transaction.atomic():
        run.save()
