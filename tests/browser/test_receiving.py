"""Receiving by scanner on a telephone: each scan counts one, a reload loses nothing, posting counts once."""

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from inventory.models import GoodsReceipt, Product, StockLevel
from oms.models import User
from tests.factories import supply, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ben(page, client, live_server, settings):
    """A narrow page on which somebody of the warehouse is signed in."""
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def scan(page, code):
    page.locator("[data-scan]").fill(code)
    page.keyboard.press("Enter")


def test_scans_count_survive_a_reload_and_are_received_once(ben, live_server):
    order = supply.sent(("MUG", 5, "2.00"), ("CUP", 3, "1.00"))
    mug = supply.goods("MUG")
    mug.barcode = "5012345678900"
    mug.save()
    ben.goto(live_server.url + reverse("admin:inventory_purchaseorder_receive", args=[order.pk]))
    good, damaged = (ben.locator(f"input[name={kind}_{mug.pk}]") for kind in ("good", "damaged"))

    scan(ben, "5012345678900")
    scan(ben, "mug")
    ben.locator("[data-damaged]").check()
    scan(ben, "MUG")
    scan(ben, "JAR")
    assert "JAR does not belong here" in ben.locator("[data-said]").inner_text()
    ben.reload()
    assert (good.input_value(), damaged.input_value()) == ("2", "1")
    assert ben.locator("[data-total]").inner_text() == "3 units"
    assert ben.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ben.get_by_role("button", name="Receive", exact=True).click()
    ben.wait_for_url("**/change/**")

    level = StockLevel.objects.get(product=mug)
    assert (level.on_hand, level.damaged, GoodsReceipt.objects.count()) == (2, 1, 1)


def test_goods_without_an_order_are_found_by_name_and_scanned(ben, live_server):
    warehouse()
    supply.goods("MUG-RED")
    supply.goods("MUG-BLUE")
    Product.objects.filter(sku="MUG-RED").update(name="Mug, red")
    Product.objects.filter(sku="MUG-BLUE").update(name="Mug, blue")
    ben.goto(live_server.url + reverse("admin:inventory_goodsreceipt_receive"))
    said = ben.locator("[data-said]")

    ben.locator("[data-scan]").press_sequentially("mug, r")
    ben.get_by_role("option", name="MUG-RED").click()
    expect(said).to_have_text("MUG-RED: 1")
    scan(ben, "MUG-BLU")
    expect(said).to_have_text("MUG-BLU is no SKU or barcode; choose from what is found.")
    ben.get_by_role("option", name="MUG-BLUE").wait_for()
    ben.keyboard.press("ArrowDown")
    ben.keyboard.press("Enter")
    expect(said).to_have_text("MUG-BLUE: 1")
    scan(ben, "mug-red")
    expect(said).to_have_text("MUG-RED: 2")
    ben.get_by_role("button", name="Receive", exact=True).click()
    ben.wait_for_url("**/change/**")

    on_hand = dict(StockLevel.objects.values_list("product__sku", "on_hand"))
    assert (on_hand["MUG-RED"], on_hand["MUG-BLUE"]) == (2, 1)


def test_rows_of_an_order_are_found_by_what_is_typed_and_only_whole_codes_count(ben, live_server):
    order = supply.sent(("MUG", 5, "2.00"), ("CUP-10", 3, "1.00"))
    Product.objects.filter(sku="MUG").update(name="Stoneware")
    ben.goto(live_server.url + reverse("admin:inventory_purchaseorder_receive", args=[order.pk]))

    ben.locator("[data-scan]").press_sequentially("stone")
    expect(ben.locator("[data-row]:visible")).to_have_count(1)
    ben.locator("[data-row]:visible [data-step='1']").click()
    scan(ben, "CUP-1")
    expect(ben.locator("[data-said]")).to_have_text("CUP-1 does not belong here.")
    scan(ben, "mug")

    expect(ben.locator("[data-said]")).to_have_text("MUG: 2 of 5")
    expect(ben.locator("[data-row]:visible")).to_have_count(2)
    assert ben.locator("[data-total]").inner_text() == "2 units"


def test_each_scan_of_a_product_with_serial_numbers_asks_for_the_next_number(ben, live_server):
    order = supply.sent(("RADIO", 3, "20.00"))
    radio = supply.goods("RADIO")
    Product.objects.filter(pk=radio.pk).update(tracking="serial")
    ben.goto(live_server.url + reverse("admin:inventory_purchaseorder_receive", args=[order.pk]))

    for number in ("R-1", "R-2"):
        scan(ben, "RADIO")
        ben.keyboard.type(number)  # the field of the number has the focus
        ben.keyboard.press("Enter")  # a scanner's Enter does not post the receipt
    ben.reload()
    numbers = ben.locator("input[name^=lot_]")
    expect(numbers).to_have_count(2)
    assert [numbers.nth(at).input_value() for at in range(2)] == ["R-1", "R-2"]
    ben.get_by_role("button", name="Receive", exact=True).click()
    ben.wait_for_url("**/change/**")

    lines = GoodsReceipt.objects.get().lines.order_by("lot__code")
    assert list(lines.values_list("lot__code", "good")) == [("R-1", 1), ("R-2", 1)]


def test_what_was_found_never_covers_the_box_for_damaged_units(ben, live_server):
    warehouse()
    supply.goods("MUG-RED")
    ben.goto(live_server.url + reverse("admin:inventory_goodsreceipt_receive"))

    ben.locator("[data-scan]").press_sequentially("mug")
    found = ben.get_by_role("option", name="MUG-RED").bounding_box()
    box = ben.locator(".oms-scan-kind").bounding_box()

    assert box["y"] + box["height"] <= found["y"]
    assert box["height"] >= 44
