"""The segment builder with a group in a group, its preview, saving, and the list of members."""

import pytest
from django.contrib.auth.models import Group

from customers import operations as customers
from customers.models import Segment
from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import User
from tests import factories as world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def buyers():
    """Ada bought twice, Cora is a vip who bought once, Eve never did."""
    world.stocked("MUG", world.warehouse("LON"), 50)
    shop = world.shop(duplicate_window_minutes=0)
    ada, _ = (world.place(shop, ("MUG", 3), external_id=str(at)).customer for at in (1, 2))
    cora = world.place(shop, ("MUG", 1), external_id="3", customer=world.CORA).customer
    customers.tag_customer(cora, by="user:1", add=["vip"])
    [eve] = customers.identify([customers.Party("Eve Idle", "eve@example.com")], by="user:1")
    return ada, cora, eve


@pytest.fixture
def ben(page, live_server):
    user = User.objects.create_user("ben", password="secret", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    page.goto(f"{live_server.url}/admin/customers/segment/")
    page.get_by_label("Login").fill("ben")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()


def test_segment_with_a_nested_group_is_built_counted_saved_and_lists_its_members(
    page, buyers, ben
):
    ada, cora, eve = buyers
    page.get_by_role("link", name="Write a segment").click()
    page.get_by_label("Name").fill("Worth a letter")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").select_option("orders")
    page.get_by_label("Comparison").select_option("gte")
    page.get_by_label("Value", exact=True).fill("1")
    page.get_by_role("button", name="Add a group").click()
    page.get_by_label("Field").nth(1).select_option("lifetime_value")
    page.get_by_label("Comparison").nth(1).select_option("gte")
    page.get_by_label("Value", exact=True).nth(1).fill("60")
    page.get_by_role("button", name="Add a condition").first.click()
    page.get_by_label("Field").nth(2).select_option("tags")
    page.get_by_label("Comparison").nth(2).select_option("has_any")
    page.get_by_label("Value", exact=True).nth(2).fill("vip")
    said = (
        "Customers where orders is at least 1 and (lifetime value is at least 60 or"
        " customer tags include vip)."
    )
    page.get_by_role("status").get_by_text(said).wait_for()
    page.set_viewport_size(PHONE)
    narrow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    page.get_by_role("button", name="Preview").click()
    page.locator("#preview").get_by_text(ada.number).wait_for()
    figures = page.locator("#preview .oms-figures").inner_text()
    shown = page.locator("#preview").inner_text()
    unsaved = Segment.objects.count()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Save this version").click()
    page.get_by_text("its members are being found").wait_for()
    drain()
    page.reload()
    page.get_by_role("link", name="Members").first.click()
    page.get_by_role("link", name=ada.number).wait_for()

    segment = Segment.objects.get()
    assert (narrow, unsaved) == (0, 0)
    assert ("2" in figures, "3" in figures) == (True, True)
    assert (cora.number in shown, eve.number in shown) == (True, False)
    assert segment.versions.get().conditions == {
        "all": [
            leaf("orders", "gte", "1"),
            {"any": [leaf("lifetime_value", "gte", "60"), leaf("tags", "has_any", ["vip"])]},
        ]
    }
    assert page.get_by_role("link", name=cora.number).count() == 1
    assert page.get_by_role("link", name=eve.number).count() == 0
