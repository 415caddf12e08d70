"""Price lists: which one decides, why, and orders that state other prices."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers import operations as customers
from customers.models import Company
from customers.operations import CompanyTerms
from oms import keys
from oms.models import Event
from orders import operations as orders
from orders.enums import ChangeStep
from orders.models import Channel, ListPrice, PriceList
from orders.operations import PriceRow
from orders.operations.changing import Step
from orders.queries.prices import list_price
from tests import factories as world

pytestmark = pytest.mark.django_db
BY, TODAY = world.BY, date(2026, 11, 20)


@pytest.fixture
def mug(db):
    return world.stocked("MUG", world.warehouse(), 500, unit_price=Decimal(10))


@pytest.fixture
def shop(mug):
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def ada(shop):
    """Ada buys for the northern branch of a company, in the group wholesale."""
    top = Company.objects.create(code="TOP", name="Top")
    north = Company.objects.create(code="NORTH", name="North")
    customers.set_company_terms(north, CompanyTerms(parent=top), by=BY, reason="So it is")
    row = customers.identify([world.ADA], by=BY)[0]
    return customers.classify(row, by=BY, group="wholesale", company=north, reason="So it is")


def prices(code, *rows, **fields):
    found = PriceList.objects.create(code=code, name=code, currency="GBP", **fields)
    sent = [PriceRow(at, "MUG", price, start) for at, (start, price) in enumerate(rows, 1)]
    orders.set_prices(found, sent, by=BY)
    return found


def test_nearest_list_decides_by_the_quantity_reached_and_says_why(shop, mug, ada):
    prices("all", ("1", "9.50"))
    prices("wholesale", ("1", "8.00"), group="wholesale")
    prices("top", ("10", "7.00"), ("100", "6.00"), company=Company.objects.get(code="TOP"))
    prices("net", ("1", "1.00"), company=Company.objects.get(code="NORTH"), includes_tax=False)
    prices("over", ("1", "2.00"), group="wholesale", valid_to=date(2026, 11, 19))

    def asked(who, quantity):
        return list_price(shop, who, mug, quantity, TODAY)

    assert [asked(ada, n).unit_price for n in (1, 10, 99, 100)] == [8, 7, 7, 6]
    assert (asked(None, 1).unit_price, asked(None, 1).price_list) == (Decimal("9.5"), "all")
    assert asked(ada, 10).why == (
        "net is passed over: its prices are without tax, Shop sells with",
        "top (for Top): 7.00 from 10 units; 6.00 from 100 units",
    )
    assert asked(ada, 1).why[1:] == ("top begins at 10 units", "wholesale (for wholesale): 8.00")
    PriceList.objects.update(is_active=False)
    assert asked(ada, 1).why == ("The product's own price",)


def test_set_prices_reports_each_row_and_a_repeat_changes_nothing(mug):
    listed = prices("all", ("1", "9.50"))
    rows = [
        PriceRow(2, "MUG", "9.00"),
        PriceRow(3, "MUG", "8.00", "10"),
        PriceRow(4, "MUG", "7.00", "10"),
        PriceRow(5, "POT", "1"),
        PriceRow(6, "MUG", "cheap", "5"),
        PriceRow(7, "MUG", "-1", "6"),
        PriceRow(8, "MUG", "1", "0"),
        PriceRow(9, "MUG", "1.00001", "7"),
    ]

    tried = orders.try_prices(listed, rows, by=BY)
    assert ListPrice.objects.count() == 1
    done = orders.set_prices(listed, rows, by=BY)

    assert tried == done
    assert done.words == "1 added, 1 changed, 0 as before, 6 refused"
    assert [line for line, *_ in done.refused] == [4, 5, 6, 7, 8, 9]
    assert orders.set_prices(listed, rows[:2], by=BY).unchanged == 2
    history = ListPrice.history.order_by("history_id").values_list("history_type", "unit_price")
    assert [(kind, float(price)) for kind, price in history] == [
        ("+", 9.5), ("+", 8.0), ("~", 9.0),
    ]  # fmt: skip


def test_order_at_another_price_than_the_list_waits_where_the_channel_compares(shop, ada):
    prices("all", ("1", "9.50"), ("5", "9.00"))
    free = world.place(shop, ("MUG", 1, "3.00"))
    shop.checks_prices = True
    shop.save()

    right = world.place(shop, ("MUG", 2, "9.00"), ("MUG", 3, "9.00"))
    wrong = world.place(shop, ("MUG", 1, "9.00"))

    assert not free.holds.exists()
    assert not right.holds.exists()
    hold = wrong.holds.get()
    assert (hold.kind, hold.reason) == (
        "price_mismatch", "MUG at 9.00 GBP, the price list says 9.50 GBP",
    )  # fmt: skip
    assert hold.details == {
        "lines": [{"sku": "MUG", "stated": "9.00", "listed": "9.50", "list": "all"}]
    }


def test_draft_and_change_take_the_price_of_the_list(shop, ada):
    prices("wholesale", ("1", "8.00"), ("10", "7.00"), group="wholesale")
    document, _ = orders.draft(shop, world.wish(("MUG", 10, "10")), by=BY, customer=ada)

    document = orders.price_by_lists(document, by=BY)

    assert (document.total, document.revision) == (70, 2)
    assert orders.price_by_lists(document, by=BY).revision == 2
    order = orders.submit(document, by=BY)
    step = Step(ChangeStep.ADD_LINE, values={"sku": "MUG", "quantity": 2})
    orders.confirm_change(orders.draft_change(order, by=BY, steps=[step]), by=BY)
    assert [line.unit_price for line in order.lines.order_by("position")] == [7, 8]


def test_prices_are_asked_and_set_through_the_api(client, shop, ada):
    listed = prices("wholesale", ("1", "8.00"), group="wholesale")
    headers = {"Authorization": f"Api-Key {keys.create('ERP')[1]}"}

    def post(path, **body):
        sent = json.dumps(body)
        return client.post(
            path,
            sent,
            content_type="application/json",
            headers={**headers, "Idempotency-Key": path},
        )

    rows = [{"sku": "MUG", "unit_price": "7.50", "from_quantity": 3}, {"sku": "X", "unit_price": 1}]
    told = post(f"/api/v1/price-lists/{listed.code}/prices/", prices=rows).json()
    line = {"sku": "MUG", "quantity": 3}
    answer = post("/api/v1/prices/?channel=shop", customer=ada.number, lines=[line]).json()

    assert (told["added"], told["refused"][0]["row"]) == (1, 2)
    assert answer["prices"][0] == {
        "sku": "MUG",
        "quantity": 3,
        "unit_price": "7.50",
        "price_list": "wholesale",
        "from_quantity": 3,
        "why": ["wholesale (for wholesale): 7.50 from 3 units"],
    }


def call_api(client, method, path, key="1"):
    headers = {
        "Authorization": f"Api-Key {keys.create(f'ERP {key} {path}')[1]}",
        "Idempotency-Key": key,
    }
    return getattr(client, method)(f"/api/v1/price-lists/{path}", headers=headers)


def test_prices_are_taken_out_of_a_list_one_or_all_of_a_product(client, mug):
    listed = prices("all", ("1", "9.50"), ("10", "8.00"), ("100", "7.00"))
    other = prices("other", ("1", "9.00"))

    assert call_api(client, "delete", "all/prices/MUG/?from_quantity=10").status_code == 204
    assert [row.from_quantity for row in listed.prices.order_by("pk")] == [1, 100]
    assert call_api(client, "delete", "all/prices/MUG/?from_quantity=10", "2").status_code == 404
    assert call_api(client, "delete", "all/prices/MUG/?from_quantity=x").status_code == 400
    assert call_api(client, "delete", "all/prices/POT/").status_code == 404
    assert listed.prices.count() == 2
    assert call_api(client, "delete", "all/prices/MUG/").status_code == 204

    assert (listed.prices.count(), other.prices.count()) == (0, 1)
    gone = ListPrice.history.filter(history_type="-")
    assert sorted(gone.values_list("from_quantity", flat=True)) == [1, 10, 100]
    assert {row.history_change_reason.split(": ")[1] for row in gone} == {
        "removed by another system"
    }
    told = Event.objects.filter(name="price_list.prices_removed").order_by("pk")
    assert [event.facts["removed"] for event in told] == [1, 2]


def test_a_price_list_goes_only_when_nobody_uses_it(client, shop, mug):
    listed = prices("all", ("1", "9.50"))
    Channel.objects.filter(pk=shop.pk).update(checks_prices=True)
    shop.refresh_from_db()
    order = world.place(shop, ("MUG", 1, "5.00"))

    refused = call_api(client, "delete", "all/")
    PriceList.objects.update(is_active=False)
    held = call_api(client, "delete", "all/", "2")

    assert (refused.status_code, refused.json()["code"]) == (409, "price_list_in_use")
    assert "in force for everybody" in refused.json()["detail"]
    assert (held.status_code, held.json()["code"]) == (409, "price_list_in_use")
    assert f"a hold of {order.number} compares with it" in held.json()["detail"]
    assert (PriceList.objects.count(), ListPrice.objects.count()) == (1, 1)
    assert not Event.objects.filter(name="price_list.removed").exists()

    orders.cancel(order, by=BY, reason="customer")
    assert call_api(client, "delete", "all/", "3").status_code == 204
    assert not PriceList.objects.exists()
    assert not ListPrice.objects.exists()
    assert PriceList.history.first().history_type == "-"
    event = Event.objects.get(name="price_list.removed")
    assert (event.subject_label, event.subject_id, event.facts) == (
        str(listed),
        listed.pk,
        {"reason": "removed by another system", "prices": 1},
    )
    assert order.lines.get().unit_price == 5


def test_a_channels_key_removes_no_list(client, shop, mug):
    prices("all", ("1", "9.50"), valid_to=date(2026, 1, 1))
    key = keys.create("shop", channel=shop)[1]
    headers = {"Authorization": f"Api-Key {key}", "Idempotency-Key": "1"}

    for path in ("all/", "all/prices/MUG/"):
        assert client.delete(f"/api/v1/price-lists/{path}", headers=headers).status_code == 403
    assert ListPrice.objects.count() == 1


def test_file_of_prices_is_looked_at_before_it_is_imported(admin_client, mug):
    listed = prices("all", ("1", "9.50"))
    page = f"/admin/orders/pricelist/{listed.pk}/acts/import_prices/"

    def send(**more):
        file = SimpleUploadedFile("p.csv", b"SKU;Price;From\nMUG;8.00;10\nPOT;1;\n")
        return admin_client.post(page, {"act": "1", "file": file, **more}).content.decode()

    looked = send(dry_run="on")
    assert "Nothing was written" in looked
    assert ListPrice.objects.count() == 1
    assert "There is no product with this SKU." in send()
    assert ListPrice.objects.get(from_quantity=10).unit_price == 8


@pytest.mark.parametrize("question", ["prices", "promise"])
def test_a_channels_key_learns_the_terms_of_its_own_buyers_alone(client, shop, ada, question):
    """What a group pays, and what is kept for it, is said of buyers of that channel alone."""
    prices("wholesale", ("1", "8.00"), group="wholesale")
    sent = {"customer": ada.number, "lines": [{"sku": "MUG", "quantity": 1}]}

    def ask(key):
        headers = {"Authorization": f"Api-Key {texts[key.pk]}"}
        url = f"/api/v1/{question}/?channel={key.channel}"
        if question == "promise":
            url += f"&sku=MUG&customer={ada.number}"
            return client.get(url, headers=headers).status_code
        return client.post(url, sent, content_type="application/json", headers=headers).status_code

    other = world.shop("other")
    made = [keys.create(each.code, channel=each.code) for each in (shop, other)]
    made.append(keys.create("ERP"))
    texts = {key.pk: text for key, text in made}
    own, stranger, erp = (key for key, _ in made)
    erp.channel = "shop"
    assert [ask(own), ask(stranger), ask(erp)] == [400, 400, 200]
    world.place(shop, ("MUG", 1), customer=world.ADA)
    assert [ask(own), ask(stranger)] == [200, 400]
    twin = customers.identify([world.CORA], by=BY)[0]
    world.place(other, ("MUG", 1), customer=world.CORA)
    customers.merge(twin, into=ada, by=BY, reason="One person")
    assert [ask(own), ask(stranger)] == [400, 400]
