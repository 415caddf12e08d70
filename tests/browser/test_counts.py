"""A count from the scanner to the ledger, on a phone."""

import pytest
from django.contrib.auth.models import Group

from inventory import operations as inventory
from inventory.models import Count, StockLevel
from oms.models import User
from tests.browser.test_back_office import PHONE, log_in, overflow
from tests.factories import stocked, warehouse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ben():
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    return user


@pytest.fixture
def count():
    products = [stocked(sku, warehouse(), 2) for sku in ("MUG",)]
    products.append(stocked("PEN", products[0].levels.get().location, 3))
    place = products[0].levels.get().location
    return inventory.plan_count(place, by="user:99", products=[row.pk for row in products])


def test_count_by_scanning_and_by_thumb(page, live_server, ben, count):
    page.set_viewport_size(PHONE)
    log_in(page, live_server, f"/admin/inventory/count/{count.pk}/change/")
    scanner = page.get_by_label("Barcode or SKU")

    for _ in range(2):
        scanner.fill("MUG")
        scanner.press("Enter")
        page.get_by_text("Last scanned").wait_for()
    page.get_by_text("1 of 2").wait_for()
    page.locator("#count-status", has_text="Counting").wait_for()
    page.get_by_label("Units of MUG found").and_(page.locator("[value='2']")).wait_for()
    line = page.locator("form.oms-count-line", has_text="PEN")
    for _ in range(3):
        line.get_by_role("button", name="One more").click()
    line.get_by_role("button", name="Save").click()
    page.get_by_text("2 of 2").wait_for()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Finish this round").click()

    page.get_by_text("Everything was as the book says.").wait_for()
    assert Count.objects.get().status == "posted"
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {2, 3}


def test_wrong_scan_is_told_and_nothing_is_lost(page, live_server, ben, count):
    page.set_viewport_size(PHONE)
    log_in(page, live_server, f"/admin/inventory/count/{count.pk}/change/")
    scanner = page.get_by_label("Barcode or SKU")

    scanner.fill("MUG")
    scanner.press("Enter")
    page.get_by_text("1 of 2").wait_for()
    scanner.fill("NIX")
    scanner.press("Enter")

    page.get_by_text("NIX is no SKU, barcode, lot or serial number.").wait_for()
    assert page.get_by_text("1 of 2").is_visible()
