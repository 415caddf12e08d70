"""Who gets scarce stock, and what an order is promised, in a browser."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from inventory import operations as inventory
from oms.models import User
from orders import operations as orders
from orders.models import Promise
from tests import factories as world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def waiting():
    """Three mugs come in four days, nine in twenty; two orders want three each."""
    london, mug = world.warehouse("LON"), world.product("MUG")
    today = timezone.localdate()
    rows = [
        inventory.Expected(mug.pk, london.pk, units, today + timedelta(days=days))
        for units, days in ((3, 4), (9, 20))
    ]
    inventory.expect("purchase_order", "PO-1", rows)
    shop = world.shop(duplicate_window_minutes=0)
    now = timezone.now()
    return [world.place(shop, ("MUG", 3), placed_at=now) for _ in range(2)]


@pytest.fixture
def ben(page, live_server):
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))

    def go(path):
        page.goto(live_server.url + path)
        if page.get_by_label("Login").count():
            page.get_by_label("Login").fill("ben")
            page.get_by_label("Password").fill("secret")
            page.get_by_role("button", name="Log in").click()
            page.wait_for_load_state()

    return go


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_order_is_moved_forward_once_its_price_was_seen(page, ben, waiting):
    first, second = waiting
    ben("/admin/orders/order/scarce/")
    page.get_by_role("link", name="MUG", exact=True).click()
    page.get_by_role("row", name=second.number).get_by_role("button", name="First").click()
    page.get_by_text("1 promise breaks:").wait_for()
    page.set_viewport_size(PHONE)
    narrow = overflow(page)
    page.get_by_label("Reason", exact=True).fill("Their shop opens on Friday")
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("1 order moved; promises follow within seconds.").wait_for()

    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.priority, first.priority, narrow <= 0) == (1, 0, True)


def test_order_on_hold_is_not_in_line(page, ben, waiting):
    for order in waiting:
        orders.place_hold(order, by=world.BY, kind="other", reason="Waits for a call")

    ben("/admin/orders/order/scarce/")

    page.get_by_text("No order waits for stock").wait_for()


def test_promise_is_shown_with_what_makes_it_and_given_anew(page, ben, waiting):
    order = waiting[0]
    day = timezone.localdate() + timedelta(days=30)
    ben(f"/admin/orders/order/{order.pk}/change/")
    card = page.locator("#promise")
    card.get_by_text("purchase order PO-1").wait_for()
    ben(f"/admin/orders/order/{order.pk}/acts/change_promise/")
    page.locator("input[name=promised_at_0]").fill(f"{day:%Y-%m-%d}")
    page.locator("input[name=promised_at_1]").fill("12:00")
    page.get_by_label("Reason").select_option("customer_asked")
    page.get_by_label("Note").fill("After their holidays")
    page.locator("form button[type=submit]").last.click()
    page.locator("#promise").get_by_text("After their holidays").wait_for()

    last = Promise.objects.filter(order=order).order_by("sequence").last()
    assert (last.reason, last.promised_at.date()) == ("customer_asked", day)
