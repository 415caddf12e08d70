"""The queue of exceptions with keys, a bulk release and its undo, a cancel taken back."""

import pytest
from django.contrib.auth.models import Group

from oms.dispatch import drain
from oms.models import User
from orders import operations as orders
from orders.models import Hold
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
    drain(webhooks=False)
    page.reload()
    assert Hold.objects.filter(lifted_at=None).count() == 1

    page.get_by_role("link", name="Undo this run").click()
    page.get_by_role("button", name="Undo this run").click()
    drain(webhooks=False)
    assert Hold.objects.filter(lifted_at=None).count() == 3


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
