"""An order's whole way through the pages, in a real browser: on the phone, at the shelf, in the books."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from compliance.models import EntityLocation, Invoice, LegalEntity
from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, FulfillmentOrder, Return, Shipment
from inventory.models import StockLevel
from oms.dispatch import drain
from oms.models import User
from orders import operations as orders
from orders.models import DraftOrder, Order
from reporting.models import DailyProduct, DailySales, DailyShipping
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def house(settings):
    """A shop with a seller, a warehouse, a carrier; Ben may do everything, Wanda works there."""
    settings.OMS_REQUIRE_MFA = False
    for name, role in (("ben", "Administrator"), ("wanda", "Warehouse")):
        user = User.objects.create_user(name, password="secret", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    london = world.warehouse()
    seller = LegalEntity.objects.create(
        code="uk", name="Shop Ltd", country="GB", currency="GBP", tax_id="GB123456789"
    )
    EntityLocation.objects.create(location=london, entity=seller)
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    world.stocked("MUG", london, 10, unit_price=12, barcode="5012345678900")
    world.stocked("CUP", london, 5, unit_price=6)
    return world.shop(needs_payment=False, review_limit=10, duplicate_window_minutes=0)


@pytest.fixture
def desk(page, live_server, house):
    return Desk(page, live_server.url)


class Desk:
    """What a person at the browser does."""

    def __init__(self, page, base):
        self.page, self.base = page, base

    def log_in(self, name):
        self.page.context.clear_cookies()
        self.page.goto(f"{self.base}/admin/")
        self.page.get_by_label("Login").fill(name)
        self.page.get_by_label("Password").fill("secret")
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.base}/admin/")

    def open(self, path):
        self.page.goto(f"{self.base}/admin/{path}")

    def act(self, link, **fields):
        """Open the form of an act, fill it in by its labels, send it."""
        self.page.get_by_role("link", name=re.compile(rf"(^|\s){link}\s*$")).first.click()
        for label, value in fields.items():
            field = self.page.get_by_label(label.replace("_", " "))
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.page.get_by_role("button", name=re.compile(rf"(^|\s){link}\s*$")).click()

    def says(self, words):
        self.page.get_by_text(words).first.wait_for()

    def overflow(self):
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def stock(sku="MUG"):
    level = StockLevel.objects.get(product__sku=sku)
    return (level.on_hand, level.reserved)


def test_from_the_phone_to_the_daily_figures_through_the_pages(desk, house):
    desk.log_in("ben")
    order = taken_by_phone(desk)
    desk.page.get_by_role("status").get_by_role("link", name="Lift hold").click()
    desk.page.get_by_label("Reason").fill("Known buyer")
    desk.page.get_by_role("button", name="Lift hold").click()
    desk.says("Hold lifted")
    assert (stock("MUG"), stock("CUP")) == ((10, 1), (5, 2))
    drain(webhooks=False)

    ship_as_wanda(desk, order)
    desk.log_in("ben")
    desk.open(f"fulfillment/shipment/{Shipment.objects.get().pk}/change/")
    desk.act("Delivered")
    desk.says("is delivered")
    drain(webhooks=False)
    invoice = Invoice.objects.get()
    desk.open(f"compliance/invoice/{invoice.pk}/change/")
    desk.says(invoice.number)
    desk.open(f"orders/order/{order.pk}/change/")
    desk.act("Record payment", Amount="24.00")
    desk.says("Done: delivered, paid and closed")

    order.refresh_from_db()
    assert (order.status, f"{invoice.gross:.2f}") == ("closed", "24.00")
    sales = DailySales.objects.get()
    assert (sales.orders, sales.units, f"{sales.value:.2f}") == (1, 3, "24.00")
    assert sum(row.shipments for row in DailyShipping.objects.all()) == 1
    shipped = {row.product.sku: row.shipped for row in DailyProduct.objects.all()}
    assert shipped == {"MUG": 1, "CUP": 2}
    assert_ledgers_hold()


def taken_by_phone(desk):
    """A draft put together while Ada is on the phone: scanned, found by name, priced, placed."""
    page = desk.page
    desk.open("orders/order/")
    page.get_by_role("link", name="New order").click()
    page.get_by_role("button", name="Somebody new").click()
    page.wait_for_url(re.compile(r"/draftorder/\d+/change/"))  # with its scripts
    search = page.get_by_label("Add a product")
    search.fill("5012345678900")
    search.press("Enter")
    desk.says("from LON")
    search.type("cu")
    page.locator("#products-found [data-sku=CUP]").click()
    page.get_by_label("Units of CUP").fill("2")
    page.get_by_label("Name", exact=True).fill("Ada Byron")
    for label, text in (("Street and number", "12 St James's Square"), ("Postcode", "SW1Y 4JH")):
        page.get_by_label(label).fill(text)
    page.get_by_label("City").fill("London")
    page.get_by_label("Country").select_option("GB")
    desk.says("is above the review limit")
    page.get_by_text("The shipping address lacks").wait_for(state="hidden")
    assert page.locator("#draft-total").inner_text() == "£24.00"
    assert Order.objects.count() == 0
    desk.act("Place order", To_be_paid_by="on_account")
    desk.says("is placed")
    return Order.objects.get()


def ship_as_wanda(desk, order):
    """The floor: from the board to the carrier, with the scanner's field, on a small screen."""
    page = desk.page
    work = FulfillmentOrder.objects.get(order=order)
    desk.log_in("wanda")
    page.set_viewport_size(PHONE)
    desk.open("fulfillment/fulfillmentorder/")
    page.get_by_role("link", name=re.compile(work.number)).first.click()
    scan = page.get_by_label("Barcode, SKU")
    expect(scan).to_be_focused()
    scan.fill("WRONG")
    scan.press("Enter")
    desk.says("Unknown barcode WRONG")
    for code in ("5012345678900", "CUP", "CUP"):
        page.get_by_label("Barcode, SKU").fill(code)
        with page.expect_navigation():
            page.get_by_label("Barcode, SKU").press("Enter")
        desk.says(f"{code} picked.")
    assert desk.overflow() <= 0
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    desk.act("Pack a parcel", **{"Weight (g)": "900"})
    desk.says("in a parcel of 900 g")
    desk.act("Ship", Carrier="royal-mail", Tracking_number="RA473124829GB")
    desk.says("stock is issued")
    assert (stock("MUG"), stock("CUP")) == ((9, 0), (3, 0))


def test_return_is_received_with_an_outcome_for_each_unit(desk, house):
    order = world.place(house, ("CUP", 1, "6.00"))
    drain(webhooks=False)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=world.BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=world.BY, parcels=[fulfillment.PackedParcel(300, contents)])
    fulfillment.ship(document, by=world.BY, carrier="royal-mail")
    back = fulfillment.request_return(
        order, by=world.BY, wishes={order.lines.get().pk: fulfillment.Wish(1, "damaged")}
    )
    desk.log_in("wanda")

    desk.open(f"fulfillment/return/{back.pk}/change/")
    desk.act("Approve")
    desk.says("is approved")
    desk.act("Receive", **{"CUP: restock": "0", "CUP: quarantine": "1"})
    desk.says("units received")

    back = Return.objects.get()
    line = back.lines.get()
    assert (back.status, line.restocked, line.quarantined) == ("received", 0, 1)
    assert f"{back.credit:.2f}" == "6.00"
    assert_ledgers_hold()


def test_quote_is_read_and_accepted_by_its_link_without_an_account(desk, house):
    document, _ = orders.draft(house, world.wish(("MUG", 2, "12.00")), by=world.BY)
    page = desk.page
    desk.log_in("ben")
    desk.open(f"orders/draftorder/{document.pk}/change/")
    desk.act("Make a quote", Valid_for_days="7")
    link = page.get_by_label("Link of the quote").input_value()
    page.context.clear_cookies()
    page.set_viewport_size(PHONE)

    page.goto(self_hosted(link, desk.base))
    assert desk.overflow() <= 0
    page.get_by_role("button", name="Accept and order for £24.00").click()

    page.get_by_role("heading", name="Order placed").wait_for()
    document = DraftOrder.objects.get()
    desk.says(document.order.number)
    assert (document.status, document.order.total) == ("submitted", 24)
    assert_ledgers_hold()


def self_hosted(link, base):
    """The link under the address of the test's server."""
    return base + link[link.index("/my/") :]
