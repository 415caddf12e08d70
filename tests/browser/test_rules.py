"""The rule builder with a group in a group, a back-test, and switching on, in a browser."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import User
from orders.models import RuleVersion
from tests.factories import place, shop, stocked, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def orders():
    stocked("MUG", warehouse("LON"), 50)
    ours = shop(duplicate_window_minutes=0)
    yesterday = timezone.now() - timedelta(days=1)
    return [place(ours, ("MUG", units), placed_at=yesterday) for units in (1, 6)]


@pytest.fixture
def ben(page, live_server):
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    page.goto(f"{live_server.url}/admin/orders/rule/")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    return user


def test_rule_with_a_nested_group_is_built_on_a_phone_back_tested_and_switched_on(
    page, orders, ben
):
    page.get_by_role("link", name="Write a rule").click()
    page.set_viewport_size(PHONE)
    page.get_by_label("Name").fill("Big or vip")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").select_option("total")
    page.get_by_label("Comparison").select_option("gte")
    page.get_by_label("Value", exact=True).fill("50")
    page.get_by_role("button", name="Add a group").click()
    page.get_by_label("Field").nth(1).select_option("country")
    page.get_by_label("Value", exact=True).nth(1).fill("GB")
    for tag in ("big", "look"):
        page.get_by_role("button", name="Add an action").click()
        page.get_by_label("Action", exact=True).last.select_option("tag")
        page.get_by_label("Tag", exact=True).last.fill(tag)
    said = (
        "if order total is at least 50 and (destination country is GB): tag it big and tag it look"
    )
    page.get_by_role("status").get_by_text(said).wait_for()
    narrow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Draft this version").click()

    untried = page.get_by_role("link", name="Switch on").count()
    page.get_by_role("link", name="Try on past orders").click()
    page.get_by_role("button", name="Try on past orders").click()
    drain()
    page.reload()
    page.get_by_role("link", name=orders[1].number).wait_for()
    missing = page.get_by_role("link", name=orders[0].number).count()
    page.get_by_role("row", name="Tag it big 1 0 0").wait_for()
    page.set_viewport_size(PHONE)
    narrow += page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Switch on").click()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("acts from now on").wait_for()

    version = RuleVersion.objects.get()
    assert (untried, narrow, missing, version.state) == (0, 0, 0, "active")
    assert version.conditions == {
        "all": [leaf("total", "gte", "50"), {"any": [leaf("country", "eq", "GB")]}]
    }
    assert version.actions == [{"do": "tag", "tag": "big"}, {"do": "tag", "tag": "look"}]
