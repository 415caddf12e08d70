"""A placed order is changed in a browser: seen beforehand, refused when it moved, compared after."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from compliance.models import EntityLocation, LegalEntity
from oms.dispatch import drain
from oms.models import User
from orders import operations as orders
from orders.models import OrderChange, OrderVersion
from tests.factories import BY, place, shop, stocked, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def order():
    london = warehouse()
    seller = LegalEntity.objects.create(
        code="uk", name="Shop Ltd", country="GB", currency="GBP", tax_id="GB123456789"
    )
    EntityLocation.objects.create(location=london, entity=seller)
    for sku, units, price in (("MUG", 10, "7.50"), ("CUP", 2, "5.00"), ("TRAY", 4, "3.00")):
        stocked(sku, london, units, unit_price=Decimal(price), name=f"{sku.capitalize()} of ours")
    ours = shop(duplicate_window_minutes=0, notifies_customers=True)
    placed = place(ours, ("MUG", 3, "10.00"), ("TRAY", 2, "3.00"))
    drain(webhooks=False)
    return placed


@pytest.fixture
def ben(page, live_server, order):
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/change/")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Change order").click()


def compared(page, label):
    """What the preview says of one figure: now, and then."""
    row = page.locator(".oms-compare tr", has=page.get_by_text(label, exact=True))
    return row.locator("td").nth(1), row.locator("td").nth(2)


def edit(page):
    """One MUG less and cheaper, no TRAY, four CUP of which two are there; seen after each edit."""
    total = compared(page, "Total")[1]
    page.get_by_label("Units of MUG").fill("2")
    page.get_by_label("Units of MUG").press("Tab")
    expect(total).to_have_text("£26.00")
    page.get_by_label("Price of MUG").fill("9.00")
    page.get_by_label("Price of MUG").press("Tab")
    expect(total).to_have_text("£24.00")
    page.get_by_role("button", name="Take off TRAY").click()
    expect(total).to_have_text("£18.00")
    page.get_by_label("Add a product").press_sequentially("cup")
    page.locator("#products-found").get_by_text("CUP", exact=True).click()
    expect(total).to_have_text("£23.00")
    page.get_by_label("Units of CUP").fill("4")
    page.get_by_label("Units of CUP").press("Tab")
    expect(total).to_have_text("£38.00")


def test_change_is_seen_beforehand_refused_when_the_order_moved_and_compared_after(
    page, ben, order
):
    edit(page)

    expect(compared(page, "Total")[0]).to_have_text("£36.00")
    expect(compared(page, "Tax")[1]).to_have_text("£6.33")
    expect(compared(page, "Owed")[1]).to_have_text("£38.00 by the buyer")
    expect(compared(page, "From LON")[1]).to_have_text("4 units")
    expect(compared(page, "Waits for stock")[1]).to_have_text("2 units")
    expect(compared(page, "Ship by")[0]).not_to_have_text("–")
    page.locator("#change-preview").get_by_text("was changed").first.wait_for()
    assert (OrderChange.objects.count(), order.lines.count()) == (0, 2)

    orders.record_capture(order, by=BY, method="card", amount=Decimal(36), reference="ch_1")
    page.get_by_label("Why").fill("By phone")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("alert").get_by_text("This is what it would do now.").wait_for()
    expect(compared(page, "Owed")[1]).to_have_text("£2.00 by the buyer")
    assert not OrderChange.objects.exists()

    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("its total is £38.00 now").wait_for()
    page.get_by_role("link", name="Version 2").click()
    for said in ("MUG", "TRAY", "CUP", "By phone"):
        page.locator("#content-main").get_by_text(said).first.wait_for()
    page.get_by_role("heading", name="What differs").wait_for()

    order.refresh_from_db()
    assert (order.total, OrderVersion.objects.count()) == (Decimal(38), 2)
    assert OrderChange.objects.get().reason == "By phone"


def test_lines_of_a_large_order_are_found_and_split_off_from_several_pages(
    page, ben, order, live_server, monkeypatch
):
    monkeypatch.setattr("orders.admin.page.LINES_SHOWN", 2)
    long = place(order.channel, ("MUG", 2), ("TRAY", 1), ("MUG", 1), ("CUP", 2))
    drain(webhooks=False)
    page.goto(f"{live_server.url}/admin/orders/order/{long.pk}/move-units/")

    page.get_by_label("Split off MUG").fill("1")
    page.get_by_label("Split off MUG").press("Tab")
    new = page.locator(".oms-compare tr", has=page.get_by_text("New order"))
    expect(new).to_contain_text("1 unit, £10.00")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Split off CUP").wait_for()
    page.get_by_label("Find a line").fill("cup")
    expect(page.locator("#change-lines tr[data-line]")).to_have_count(1)
    expect(page.locator("#change-kept tr")).to_have_count(1)
    page.get_by_label("Split off CUP").fill("2")
    page.get_by_label("Split off CUP").press("Tab")
    expect(new).to_contain_text("3 units, £30.00")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Units went between it and").wait_for()

    assert [line.due for line in long.lines.order_by("position")] == [1, 1, 1, 0]


def test_cancel_is_seen_before_it_is_done_and_refused_after_the_order_moved(
    ben, page, order, live_server
):
    page.get_by_label("Units of MUG").wait_for()
    waiting = place(shop("slow", auto_release=False, notifies_customers=True), ("MUG", 2, "10.00"))
    page.goto(f"{live_server.url}/admin/orders/order/{waiting.pk}/acts/cancel/")
    then = compared(page, "Total")[1]
    expect(then).to_have_text("£0.00")
    expect(page.locator("#change-preview")).to_contain_text("The customer would be told")

    orders.place_hold(waiting, by=BY, kind="other", reason="Somebody else looks")
    page.get_by_role("button", name="Cancel order").click()

    expect(page.get_by_text("has changed meanwhile")).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.status != "cancelled"
    expect(then).to_have_text("£0.00")
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("is cancelled; its total fell by £20.00")).to_be_visible()
