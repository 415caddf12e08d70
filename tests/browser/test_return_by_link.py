"""A buyer's return and exchange by a link, from the telephone to the shelf and back, in a browser."""

from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, Exchange, Return
from fulfillment.queries.links import LINK
from inventory.models import Product, StockLevel
from oms import links
from oms.dispatch import drain
from oms.models import User
from orders import operations as orders
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sold(settings):
    """Two mugs and a cup at ten pounds, paid and delivered; a jug is the cup's better sister."""
    settings.OMS_REQUIRE_MFA = False
    cache.clear()
    london = world.warehouse()
    for sku, units, price in (("MUG", 5, 10), ("CUP", 5, 10), ("JUG", 2, 13)):
        world.stocked(sku, london, units, unit_price=price, family="" if sku == "MUG" else "cups")
    Product.objects.filter(sku="MUG").update(barcode="5012345678900")
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    paid = orders.PlacedPayment("card", Decimal(30), "captured", "ch_1")
    order = world.place(world.shop(), ("MUG", 2), ("CUP", 1), payments=(paid,))
    drain(webhooks=False)
    work = fulfillment.pick(order.fulfillment_orders.get(), by=world.BY)
    contents = {line.pk: line.picked for line in work.lines.all()}
    fulfillment.pack(work, by=world.BY, parcels=[fulfillment.PackedParcel(900, contents)])
    fulfillment.deliver(fulfillment.ship(work, by=world.BY, carrier="royal-mail"), by=world.BY)
    return order


@pytest.fixture
def clerk(chromium, client, live_server):
    """A page on which Ben, who may do everything with returns, is signed in."""
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )
    yield context.new_page()
    context.close()


def choose(page, product, units, reason, *, instead=None):
    line = page.locator("fieldset", has_text=product)
    line.get_by_label("Send back").select_option(units)
    line.get_by_label("Condition").select_option("unopened")
    line.get_by_label("Why?").select_option(reason)
    if instead:
        line.get_by_label("What would you like instead?").select_option(instead)
    page.get_by_role("button", name="Next: see what you get").click()


def test_buyer_returns_one_thing_and_exchanges_another(page, clerk, sold, live_server):
    mine = live_server.url + reverse("return", args=[links.sign(LINK, sold.number)])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(mine)
    choose(page, "Mug", "1", "unwanted")
    assert page.get_by_role("row", name="Refund").inner_text().endswith("£10.00")
    page.get_by_role("button", name="Ask for the return").click()
    page.get_by_text("We look at it. Come back to this page").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    document = Return.objects.get()
    clerk.goto(live_server.url + reverse("admin:fulfillment_return_change", args=[document.pk]))
    clerk.get_by_role("link", name="Approve").click()
    clerk.get_by_role("button", name="Approve").click()
    clerk.get_by_text(f"{document} is approved.").wait_for()
    page.reload()
    page.get_by_role("link", name="Print label and slip").wait_for()

    clerk.goto(live_server.url + reverse("admin:fulfillment_return_desk"))
    clerk.locator("[data-scan]").fill(document.number)
    clerk.keyboard.press("Enter")
    clerk.get_by_label("Restock").check()
    clerk.locator("[data-scan]").fill("5012345678900")
    clerk.keyboard.press("Enter")
    clerk.get_by_text("MUG: restock").wait_for()
    drain(webhooks=False)
    page.reload()
    page.get_by_text("Refund: £10.00").wait_for()
    assert StockLevel.objects.get(product__sku="MUG").on_hand == 4

    choose(page, "Cup", "1", "unwanted", instead="JUG")
    assert page.get_by_role("row", name="You pay on top").inner_text().endswith("£3.00")
    page.get_by_role("button", name="Ask for the exchange").click()
    made = Exchange.objects.get()
    page.get_by_text(f"Order {made.replacement.number} is set aside for you instead.").wait_for()
    assert made.replacement.lines.get().allocated == 1
    drain(webhooks=False)  # its location has the work before it is taken back
    page.locator("section", has_text=made.return_order.number).get_by_role(
        "button", name="I keep it"
    ).click()
    page.get_by_text(f"{made.return_order.number}: withdrawn").wait_for()
    drain(webhooks=False)
    page.reload()
    page.get_by_text("The exchange is cancelled.").wait_for()
    assert StockLevel.objects.get(product__sku="JUG").reserved == 0
    assert_ledgers_hold()
