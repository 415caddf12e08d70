import re

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import Group

from inventory.models import StockLevel
from oms.models import User
from orders.enums import OrderStatus, Stage
from orders.models import Order
from tests.factories import place, shop, stocked, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def ben():
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    return user


@pytest.fixture
def order():
    stocked("MUG", warehouse(), 10)
    return place(shop(auto_release=False), ("MUG", 2))


def log_in(page, live_server, path="/admin/"):
    page.goto(f"{live_server.url}{path}")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_login_with_a_second_factor_from_set_up_to_the_first_page(page, live_server, ben, settings):
    settings.OMS_REQUIRE_MFA = True

    log_in(page, live_server)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    codes = page.get_by_label("Unused codes").input_value().split()
    page.context.clear_cookies()
    log_in(page, live_server)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign In").click()

    page.wait_for_url(f"{live_server.url}/admin/")
    page.locator("#nav-sidebar-apps").get_by_text("Movements").wait_for()
    assert len(codes) == 10


def code(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_hold_lift_and_cancel_from_the_list_to_the_end(page, live_server, ben, order):
    log_in(page, live_server, "/admin/orders/order/")
    page.get_by_role("link", name=re.compile(order.number)).click()

    page.get_by_role("link", name="Place hold").click()
    page.get_by_label("Type").select_option("fraud")
    page.get_by_label("Reason").fill("Odd address")
    page.get_by_role("button", name="Place hold").click()
    blocked = page.get_by_role("status").inner_text()
    held = Order.objects.get().stage

    page.get_by_role("status").get_by_role("link", name="Lift hold").click()
    page.get_by_label("Reason").fill("Called the buyer")
    page.get_by_role("button", name="Lift hold").click()
    ready = page.get_by_role("status").inner_text()

    page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/acts/cancel/")
    page.get_by_role("button", name="Cancel order").click()

    assert "Odd address" in blocked
    assert held == Stage.VALIDATION
    assert "somebody has to release it" in ready
    assert page.get_by_role("status").inner_text().startswith("Cancelled")
    assert Order.objects.get().status == OrderStatus.CANCELLED


def test_stock_is_received_on_a_phone(page, live_server, ben, order):
    page.set_viewport_size(PHONE)
    level = StockLevel.objects.get()
    log_in(page, live_server, f"/admin/inventory/stocklevel/{level.pk}/change/")

    page.goto(f"{live_server.url}/admin/inventory/stocklevel/{level.pk}/acts/receive/")
    page.get_by_label("Quantity").fill("5")
    page.get_by_label("Reference").fill("DN-7")
    page.get_by_role("button", name="Receive").click()

    page.get_by_text("5 × MUG received at LON; 15 on hand.").wait_for()
    assert page.get_by_text("Why 15: the movements").is_visible()
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_in_light_and_dark(page, live_server, ben, order, scheme):
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)
    log_in(page, live_server)
    level = StockLevel.objects.get()

    wide = {}
    for path in (
        "orders/order/",
        f"orders/order/{order.pk}/change/",
        f"orders/order/{order.pk}/acts/place_hold/",
        "orders/order/new/",
        "orders/hold/",
        "inventory/stocklevel/",
        f"inventory/stocklevel/{level.pk}/change/",
        f"inventory/product/{level.product_id}/change/",
        "inventory/stockmovement/",
    ):
        assert page.goto(f"{live_server.url}/admin/{path}").status == 200
        wide[path] = overflow(page)

    assert {path: by for path, by in wide.items() if by > 0} == {}
