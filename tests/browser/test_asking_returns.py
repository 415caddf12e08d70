"""A clerk exchanges at the counter: the line is scanned, the variant chosen, the difference seen."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from fulfillment.models import Exchange
from inventory.models import Product
from oms.models import User
from orders import operations as orders
from tests import factories as world
from tests.fulfillment.conftest import Floor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def order():
    """Three mugs at ten pounds and two cups, paid and sent; a red mug costs two pounds more."""
    floor = Floor()
    world.stocked("CUP", floor.london, 5)
    world.stocked("MUG-RED", floor.london, 5)
    for sku, price, name in (("MUG", 10, "Mug, white"), ("MUG-RED", 12, "Mug, red")):
        Product.objects.filter(sku=sku).update(unit_price=price, family="mugs", name=name)
    Product.objects.filter(sku="MUG").update(barcode="5012345678900")
    paid = orders.PlacedPayment("card", Decimal(50), "captured", "ch_1")
    placed = world.place(floor.channel, ("MUG", 3, "10.00"), ("CUP", 2, "10.00"), payments=(paid,))
    floor.dispatch(placed)
    floor.send(placed)
    return placed


def test_an_exchange_is_scanned_chosen_and_seen_before_it_is_made(page, live_server, order):
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    page.goto(f"{live_server.url}/admin/fulfillment/return/exchange/{order.pk}/")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    preview = page.locator("#change-preview")
    expect(preview).to_contain_text("Say how many units come back.")

    find = page.get_by_label("Find a line")
    find.fill("5012345678900")
    find.press("Enter")
    find.fill("mug, w")
    expect(page.locator("[data-pick-lines] tbody tr:visible")).to_have_count(1)
    find.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("give the units in the row")
    expect(page.get_by_label("Units of MUG", exact=True)).to_have_value("1")
    page.get_by_label("Units of MUG", exact=True).fill("2")
    page.get_by_label("Sent instead of MUG", exact=True).fill("MUG-RED")
    page.get_by_label("Sent instead of MUG", exact=True).press("Tab")

    expect(page.get_by_label("Price of what is sent instead of MUG")).to_have_value("12.00")
    expect(preview).to_contain_text("£4.00 to pay by the buyer")
    assert not Exchange.objects.exists()
    page.get_by_role("button", name="Exchange", exact=True).click()
    page.wait_for_url("**/change/**")

    made = Exchange.objects.get()
    assert (made.replacement.total, made.return_order.lines.get().quantity) == (24, 2)
