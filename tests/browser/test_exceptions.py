"""The queue of exceptions with keys, what is mended and remembered there, runs and their undo."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from oms.dispatch import drain
from oms.models import Job, User
from orders import operations as orders
from orders.models import Hold, Order, SkuAlias
from tests.factories import BY, place, shop, stocked, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def held():
    stocked("MUG", warehouse("LON"), 50)
    ours = shop(duplicate_window_minutes=0, undo_minutes=15, auto_release=False)
    made = [place(ours, ("MUG", at)) for at in (1, 2, 3)]
    return [orders.place_hold(order, by=BY, kind="other", reason="Odd") for order in made]


@pytest.fixture
def ben(page, live_server, held):
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    page.goto(f"{live_server.url}/admin/orders/hold/")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name=held[0].order.number).wait_for()
    return user


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_rows_are_claimed_by_key_released_together_and_held_again(page, ben, held):
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.get_by_role("button", name="Give back").wait_for()
    assert Hold.objects.get(pk=held[0].pk).claimed_by == f"user:{ben.pk}"

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator("select[name=action]").select_option("lift")
    page.get_by_role("button", name="Run").first.click()
    page.get_by_label("Reason").fill("Looked at")
    page.get_by_role("button", name="Lift hold").click()
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "0"
    orders.lift_hold(held[1], by=BY, reason="Faster")
    drain(webhooks=False)  # the page looks for itself how far it is
    expect(page.locator("tr", has_text=held[0].order.number)).to_contain_text("Done")
    expect(page.locator("tr", has_text=held[1].order.number)).to_contain_text("Refused")
    assert Hold.objects.filter(lifted_at=None).count() == 1

    page.get_by_role("link", name="Undo this run").click()
    page.get_by_role("button", name="Undo this run").click()
    drain(webhooks=False)
    assert Hold.objects.filter(lifted_at=None).count() == 2


def test_unknown_sku_is_mended_from_the_queue_and_remembered_for_those_that_wait(
    page, ben, held, live_server
):
    ours = held[0].order.channel
    waiting = [place(ours, ("TASSE", at), external_id=f"t{at}") for at in (1, 2)]
    page.goto(f"{live_server.url}/admin/orders/hold/?type=unknown_sku")

    row = page.locator("tr", has=page.get_by_role("link", name=waiting[0].number))
    row.get_by_role("link", name="Map SKU").click()
    page.get_by_text("1 other order waits for it").wait_for(state="attached")
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("MUG")
    page.locator(".select2-results__option", has_text="MUG").first.click()
    page.get_by_role("button", name="Map SKU").click()
    page.get_by_text("those that wait go on").wait_for()
    page.wait_for_url("**/hold/?type=unknown_sku")
    drain(webhooks=False)
    page.reload()

    expect(page.get_by_role("link", name=waiting[1].number)).to_have_count(0)
    assert SkuAlias.objects.get().alias == "TASSE"
    assert {order.stage for order in Order.objects.filter(pk__in=[o.pk for o in waiting])} == {
        "fulfilment"
    }


def test_cancel_of_all_that_a_filter_leaves_is_told_row_by_row_and_taken_back(
    page, ben, held, live_server
):
    kept = held[0].order
    orders.lift_hold(held[0], by=BY, reason="Fine")
    page.goto(f"{live_server.url}/admin/orders/order/?view=hold")
    page.get_by_role("link", name=re.compile(held[1].order.number)).wait_for()

    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("cancel")
    page.get_by_role("button", name="Run").first.click()
    page.get_by_role("button", name="Cancel order").click()
    drain(webhooks=False)
    page.get_by_text("2 of 2").wait_for()

    assert page.get_by_text("will be cancelled in 15 minutes").count() == 2
    assert Hold.objects.filter(type="cancelling", lifted_at=None).count() == 2
    assert not kept.holds.filter(type="cancelling").exists()
    page.get_by_role("link", name="Undo this run").click()
    page.get_by_role("button", name="Undo this run").click()
    drain(webhooks=False)
    page.get_by_text("2 of 2").wait_for()
    expect(page.get_by_text("goes on")).to_have_count(2)
    assert not Hold.objects.filter(type="cancelling", lifted_at=None).exists()
    assert {order.status for order in Order.objects.all()} == {"placed"}
    assert Job.objects.filter(undoes__isnull=False).count() == 1


def test_cancel_is_taken_back_on_a_phone(page, ben, held, live_server):
    order = held[0].order
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/admin/orders/hold/")
    assert overflow(page) <= 0
    page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/acts/cancel/")
    page.get_by_role("button", name="Cancel order").click()
    page.get_by_text("will be cancelled in 15 minutes").wait_for()

    page.get_by_role("link", name="Undo cancel").last.click()
    page.get_by_role("button", name="Undo cancel").click()
    page.get_by_text("goes on").first.wait_for()

    assert not order.holds.filter(type="cancelling", lifted_at=None).exists()
    assert overflow(page) <= 0
