"""The rule builder and a simulation, from an empty list to a version in force."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from inventory import operations
from inventory.models import RoutingRule, RoutingRuleSet, RoutingSimulation
from oms.conditions import leaf
from oms.models import User
from orders.tasks import simulate_routing
from tests.factories import BY, place, shop, stocked, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def orders():
    london = warehouse("LON")
    stocked("MUG", london, 50)
    stocked("MUG", warehouse("BER", country="DE", latitude=52.5, longitude=13.4), 50)
    ours = shop(duplicate_window_minutes=0)
    yesterday = timezone.now() - timedelta(days=1)
    return [place(ours, ("MUG", 2), placed_at=yesterday) for _ in range(3)]


@pytest.fixture
def ben(page, live_server):
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    page.goto(f"{live_server.url}/admin/inventory/routingruleset/")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    return user


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_rule_is_drafted_explained_tried_and_ordered(page, orders, ben):
    page.get_by_role("link", name="New version").click()
    page.get_by_label("Begin with").select_option("nearest")
    page.get_by_role("button", name="New version").click()
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Name").fill("Big orders")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").select_option("value")
    page.get_by_label("Comparison").select_option("gte")
    page.get_by_label("Value", exact=True).fill("15")
    page.get_by_label("At most this far away, km").fill("50")
    page.get_by_role("status").get_by_text("order value is at least 15").wait_for()
    page.get_by_role("button", name="Save the rule").click()
    page.get_by_role("button", name="Move up: Big orders").click()
    page.get_by_role("heading", name="1. Big orders").wait_for()

    page.get_by_label("Order number").fill(orders[0].number)
    page.get_by_role("button", name="Try", exact=True).click()
    page.get_by_text("Everything is served: 2 from LON.").wait_for()
    page.set_viewport_size(PHONE)
    narrow = overflow(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Simulate").wait_for()

    assert narrow <= 0
    assert page.get_by_role("link", name="Activate").count() == 0
    names = RoutingRule.objects.order_by("position").values_list("name", "max_km")
    assert list(names) == [("Big orders", 50), ("Nearest", None)]


def test_what_there_is_is_chosen_and_what_is_gone_stays(page, live_server, orders, ben):
    drafted = operations.draft_rules(
        "Ours", by=BY,
        rules=[{"name": "One", "ranking": {"order": ["parcels"]},
                "conditions": {"all": [leaf("channel", "in", ["SHOP", "closed-down"])]}}],
    )  # fmt: skip
    rule = drafted.rules.get()
    page.goto(f"{live_server.url}/admin/inventory/routingruleset/{drafted.pk}/rule/{rule.pk}/")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").last.select_option("country")
    page.get_by_label("Comparison").last.select_option("eq")
    page.get_by_label("Choice").last.select_option(label="France")
    page.get_by_role("status").get_by_text("destination country is FR").wait_for()
    page.get_by_role("button", name="Save the rule").click()
    page.get_by_role("heading", name="1. One").wait_for()

    rule.refresh_from_db()
    channel, country = rule.conditions["all"]
    assert sorted(channel["value"]) == ["closed-down", "shop"]
    assert country == leaf("country", "eq", "FR")


def test_simulation_shows_progress_then_both_sides_and_leads_to_activating(
    page, live_server, orders, ben
):
    page.get_by_role("link", name="New version").click()
    page.get_by_label("Begin with").select_option("greenest")
    page.get_by_role("button", name="New version").click()
    page.get_by_role("link", name="Simulate").click()
    page.get_by_label("Days").fill("7")
    page.get_by_role("button", name="Simulate").click()
    page.get_by_text("A worker will take it up in a moment.").wait_for()

    row = RoutingSimulation.objects.get()
    simulate_routing(row.job)
    page.goto(f"{live_server.url}/admin/inventory/routingruleset/simulations/{row.pk}/")
    page.get_by_role("heading", name=re.compile("Side by side")).wait_for()
    page.locator("canvas[data-oms-chart=load]").wait_for()
    page.locator("canvas[data-oms-chart=sums]").wait_for()
    page.get_by_text("No location states what its parcels cost.").wait_for()
    page.set_viewport_size(PHONE)
    narrow = overflow(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Activate").click()
    page.get_by_text("0 of 3 orders differ").wait_for()
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("decides from now on").wait_for()

    assert narrow <= 0
    assert RoutingRuleSet.objects.get().state == "active"
