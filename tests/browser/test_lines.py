"""Lines of a purchase order and a transfer: found, scanned, pasted, by keyboard and by thumb."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from inventory.models import PurchaseOrder, Transfer
from oms.models import User
from tests.browser.test_back_office import PHONE, log_in, overflow
from tests.factories import stocked, supply

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def goods():
    london = supply.place()
    for sku, units in (("MUG", 9), ("CUP", 2), ("TRAY", 5)):
        stocked(
            sku,
            london,
            units,
            name=f"{sku.capitalize()} of ours",
            barcode=f"50123456789{units}0",
        )
    supply.place("LEE")
    supply.sent(("MUG", 5, "2.50"))
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))


def paste(page, text):
    """What a spreadsheet leaves in the clipboard, into the field that has the focus."""
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text', text);
        document.activeElement.dispatchEvent(new ClipboardEvent('paste',
            {clipboardData: data, bubbles: true, cancelable: true})) }""",
        text,
    )


def rows(page):
    return page.locator("[data-rows] tr")


def test_purchase_order_is_written_with_the_keyboard_alone(page, live_server, goods):
    log_in(page, live_server, reverse("admin:inventory_purchaseorder_list_act", args=["new"]))
    page.locator("#id_supplier").select_option(label="Acme Ltd")
    page.locator("#id_location").select_option(label="LON (LON)")
    search = page.get_by_label("Add a product")

    search.press_sequentially("mug o")
    page.locator("[data-found]").get_by_text("Mug of ours").wait_for()
    search.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Units of MUG")).to_be_focused()
    expect(page.get_by_label("Price of MUG")).to_have_value("2.50")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Price of MUG")).to_be_focused()
    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.type("cup 6 1,20")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Price of CUP")).to_have_value("1,20")
    expect(page.locator("[data-sum]")).to_have_text("2 lines · 18 units · 37.20 in all")
    page.keyboard.press("Control+Enter")

    page.get_by_text("£37.20").first.wait_for()
    made = PurchaseOrder.objects.latest("pk").lines.order_by("position")
    assert list(made.values_list("product__sku", "quantity", "unit_price")) == [
        ("MUG", 12, Decimal("2.50")), ("CUP", 6, Decimal("1.20")),
    ]  # fmt: skip


def test_transfer_is_scanned_and_pasted_on_a_phone_and_a_wrong_row_is_mended_in_place(
    page, live_server, goods
):
    page.set_viewport_size(PHONE)
    log_in(page, live_server, reverse("admin:inventory_transfer_list_act", args=["new"]))
    page.locator("#id_source").select_option(label="LON (LON)")
    page.locator("#id_destination").select_option(label="LEE (LEE)")
    search = page.get_by_label("Add a product")

    for _ in range(3):
        search.fill("5012345678990")
        search.press("Enter")
    expect(page.get_by_label("Units of MUG")).to_have_value("3")
    expect(search).to_be_focused()
    paste(page, "SKU\tQuantity\nCUP\t2\nTRY\t4\n")
    expect(rows(page)).to_have_count(3)
    expect(rows(page).last).to_contain_text("There is no product TRY.")
    page.get_by_label("Units of CUP").fill("3")
    expect(rows(page).nth(1).locator("[data-stock]")).to_have_class("oms-warn")
    page.get_by_label("Units of CUP").fill("2")
    assert overflow(page) <= 0
    small = "fields => fields.filter(field => field.offsetHeight && field.offsetHeight < 44).length"
    assert page.locator(".oms-lines :is(input, button):visible").evaluate_all(small) == 0

    page.get_by_role("button", name="New transfer").click()
    page.get_by_text("1 line needs a look").wait_for()
    assert not Transfer.objects.exists()
    wrong = page.get_by_label("SKU or barcode", exact=True)
    wrong.fill("TRAY")
    wrong.press("Tab")
    expect(page.get_by_label("Units of TRAY")).to_have_value("4")
    rows(page).filter(has_text="CUP").get_by_role("button", name="Take out CUP").click()
    page.get_by_role("button", name="New transfer").click()

    page.get_by_text("Mug of ours").first.wait_for()
    page.wait_for_url("**/change/")
    made = Transfer.objects.get().lines.order_by("product__sku")
    assert list(made.values_list("product__sku", "quantity")) == [("MUG", 3), ("TRAY", 4)]
