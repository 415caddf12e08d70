"""Lots in the back office: the trace, the recall list, holding."""

import csv

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import Lot, Product, StockLevel
from inventory.operations import Units
from oms import navigation
from oms.models import User
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def person(client):
    def become(role):
        user, _ = User.objects.get_or_create(username=role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return become


@pytest.fixture
def london():
    return world.warehouse()


def stocked(london, code="A1", units=10):
    product = Product.objects.filter(sku="TEA").first()
    product = product or inventory.set_tracking(world.product("TEA"), "lot", by=BY)
    lot = inventory.lot_of(product, code, by=BY)
    change = inventory.Change(product.pk, london.pk, units, "received", lot_id=lot.pk)
    inventory.move([change], by=BY)
    return lot


def sold(london, lot, units):
    order = world.place(world.shop(), ("TEA", units))
    line = order.lines.get()
    moved = [Units(line.pk, london.pk, units, ((lot.pk, units),))]
    inventory.consume(moved, by=BY, reference="SH7")
    back = inventory.Change(
        lot.product_id, london.pk, 1, "returned", order_line_id=line.pk, lot_id=lot.pk
    )
    inventory.move([back], by=BY)
    return order


def page(lot):
    return reverse("admin:inventory_lot_change", args=[lot.pk])


def test_page_traces_a_lot_to_its_orders(person, london):
    lot = stocked(london)
    order = sold(london, lot, 4)

    shown = person("Support").get(page(lot)).content.decode()

    assert order.number in shown
    assert order.customer.number in shown
    assert "SH7" in shown
    assert "ada@example.com" not in shown


def test_recall_list_is_a_file_without_names(person, london):
    lot = stocked(london)
    order = sold(london, lot, 4)

    answer = person("Support").get(reverse("admin:inventory_lot_recall", args=[lot.pk]))

    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert answer["Content-Type"].startswith("text/csv")
    assert len(rows) == 1
    assert rows[0]["order"] == order.number
    assert rows[0]["customer"] == order.customer.number
    assert (rows[0]["units"], rows[0]["returned"], rows[0]["with customer"]) == ("4", "1", "3")
    assert "Ada" not in answer.content.decode()


def test_hold_and_release_from_the_page(person, london):
    lot = stocked(london)
    ben = person("Warehouse")

    def press(name, code):
        url = reverse("admin:inventory_lot_act", args=[lot.pk, name])
        ben.post(url, {"act": name, "reason_code": code, "words": "Letter of 3 May"})
        lot.refresh_from_db()
        level = StockLevel.objects.get()
        return lot.is_held, level.on_hand, level.quarantined

    assert press("hold", "recalled") == (True, 0, 10)
    assert press("release", "passed") == (False, 10, 0)


def test_support_may_look_and_not_hold(person, london):
    lot = stocked(london)
    url = reverse("admin:inventory_lot_act", args=[lot.pk, "hold"])

    answer = person("Support").post(url, {"act": "hold", "reason_code": "recalled"})

    assert answer.status_code == 403
    assert not Lot.objects.get().is_held


def test_tracking_is_set_from_the_product(person):
    mug = world.product("MUG")
    url = reverse("admin:inventory_product_act", args=[mug.pk, "tracking"])

    person("Operations").post(url, {"act": "tracking", "tracking": "serial"})

    mug.refresh_from_db()
    assert mug.tracking == "serial"


def test_palette_finds_a_lot(london):
    stocked(london, "LOT-77")
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")

    assert [hit.title for hit in navigation.search(request, "lot-77")] == ["LOT-77"]


def test_list_with_three_rows_asks_as_much_as_with_one(person, london):
    client, url = person("Operations"), reverse("admin:inventory_lot_changelist")
    client.get(url)

    def asked():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    stocked(london, "A1")
    with_one = asked()
    stocked(london, "A2")
    stocked(london, "A3")

    assert asked() == with_one
