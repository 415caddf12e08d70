"""The first page and the reports, on a wide and a narrow screen, in light and dark."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.utils import timezone

from oms.models import User
from reporting.models import DailyProduct, DailySales, DailyShipping
from tests import factories as world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = [(1440, 900), (390, 844)]
DRAWN = "Array.from(document.querySelectorAll('canvas')).map(c => Chart.getChart(c)?.data.datasets.length)"


@pytest.fixture
def manager(page, client, live_server, settings):
    """A page on which an operations manager is signed in."""
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("manager", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    return page


@pytest.fixture
def world_with_orders(db):
    shop = world.shop(needs_payment=True, duplicate_window_minutes=0)
    london = world.warehouse(name="London")
    mug = world.stocked("MUG", london, 50, unit_cost=2)
    now = timezone.now()
    world.place(shop, ("MUG", 2), external_id="a", placed_at=now)
    world.place(shop, ("NO-SUCH", 1), external_id="b", placed_at=now)
    for days in range(5):
        day = now.date() - timedelta(days=days)
        DailySales.objects.create(day=day, channel=shop, currency="GBP", orders=3, value=30)
        DailyShipping.objects.create(day=day, location=london, shipments=3, promised=3, on_time=2)
        DailyProduct.objects.create(day=day, product=mug, ordered=3)


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pages_fit_the_screen(manager, live_server, world_with_orders, screen, mode):
    manager.set_viewport_size({"width": screen[0], "height": screen[1]})
    manager.emulate_media(color_scheme=mode)

    for path in ("", "reports/sales/", "reports/stock/", "export/orders.order/"):
        manager.goto(f"{live_server.url}/admin/{path}")
        assert overflow(manager) <= 0, path


def test_home_leads_from_the_blocking_fact_to_the_act_and_back(
    manager, live_server, world_with_orders
):
    manager.goto(f"{live_server.url}/admin/")

    manager.get_by_text("Unknown SKU: NO-SUCH").wait_for()
    manager.get_by_role("link", name="Map SKU").click()

    assert "/acts/solve_sku/" in manager.url
    assert manager.url.endswith("?next=%2Fadmin%2F")


def test_reports_draw_their_charts_in_both_modes(manager, live_server, world_with_orders):
    manager.emulate_media(color_scheme="light")
    manager.goto(f"{live_server.url}/admin/reports/sales/?days=7")
    manager.wait_for_function(f"{DRAWN}.every(Boolean)")
    ink = "Chart.getChart(document.querySelector('canvas')).data.datasets[0].backgroundColor"
    light = manager.evaluate(ink)

    manager.evaluate("document.documentElement.classList.add('dark')")
    manager.wait_for_function(f"{ink} !== '{light}'")

    assert manager.evaluate(DRAWN) == [1, 1, 1]
    values = manager.evaluate(
        "Chart.getChart(document.querySelector('canvas')).data.datasets[0].data"
    )
    assert values == [0, 0, 3, 3, 3, 3, 3]


def test_home_without_orders_teaches(manager, live_server):
    manager.goto(f"{live_server.url}/admin/")

    manager.get_by_role("heading", name="Get the first order in").wait_for()
    assert overflow(manager) <= 0
