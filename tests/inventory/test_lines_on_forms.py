"""Lines of products on the forms of transfers, purchase orders and counts."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import Count, PurchaseOrder, SupplierProduct, Transfer
from oms.models import User
from tests.factories import BY, stocked, supply

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(client):
    user = User.objects.create_user("ops", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


@pytest.fixture
def auditor(client):
    user = User.objects.create_user("ann", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Auditor"))
    client.force_login(user)
    return client


def new_order(client, **data):
    address = reverse("admin:inventory_purchaseorder_list_act", args=["new"])
    parties = {"supplier": supply.supplier().pk, "location": supply.place().pk}
    return client.post(address, {"act": "new", **parties, **data})


def rows(client, sheet, **data):
    """Rows as the page fetches them, each as its plain text, and the values of its fields."""
    answer = client.post(reverse("admin:inventory_lines_rows", args=[sheet]), data)
    assert answer.status_code == 200
    found = []
    for html in answer.content.decode().split("<tr")[1:]:
        fields = dict(re.findall(r'name="lines-(\w+)"[^>]*?value="([^"]*)"', html))
        found.append((fields, " ".join(re.sub(r"<[^>]+>", " ", "<tr" + html).split())))
    return found


def test_rows_and_pasted_lines_become_one_order(buyer):
    mug, cup, jar = (supply.goods(sku) for sku in ("MUG", "CUP", "JAR"))
    codes = {
        "lines-code": ["MUG", "CUP"],
        "lines-quantity": ["12", "6"],
        "lines-price": ["1.95", ""],
    }

    new_order(buyer, **codes, lines="SKU\tQuantity\nJAR\t3\t0,50\t\n")

    lines = PurchaseOrder.objects.get().lines.order_by("position")
    assert list(lines.values_list("product", "quantity", "unit_price")) == [
        (mug.pk, 12, Decimal("1.95")), (cup.pk, 6, Decimal(0)), (jar.pk, 3, Decimal("0.5")),
    ]  # fmt: skip


def test_each_wrong_row_says_so_keeps_what_was_typed_and_nothing_is_written(buyer):
    mug = supply.goods("MUG")
    SupplierProduct.objects.create(
        supplier=supply.supplier(), product=mug, price=2, pack_size=6, minimum=12
    )

    page = new_order(buyer, lines="MUG 0\nJAR 1\nMUG\nMUG 12 x\nMUG 13\nMUG 18 1.50\nMUG 1 2 3 4")

    field = page.context["form"]["lines"]
    shown = [(row.typed.code, row.problem) for row in field.field.widget.rows(field.value())]
    assert field.errors == ["6 lines need a look: see below the SKU."]
    assert shown == [
        ("MUG", "0 is no quantity."),
        ("JAR", "There is no product JAR."),
        ("MUG", "Say how many."),
        ("MUG", "x is no price."),
        ("MUG", "Sold in packs of 6, at least 12: 18 is possible."),
        ("MUG", ""),
        ("MUG 1 2 3 4", "There is no product MUG 1 2 3 4."),
    ]
    assert page.content.decode().count("data-problem") == 6
    assert not PurchaseOrder.objects.exists()


def test_one_wrong_row_is_told_in_the_singular(buyer):
    page = new_order(buyer, lines="NIX 1")

    assert page.context["form"].errors["lines"] == ["1 line needs a look: see below the SKU."]


def test_without_a_line_nothing_is_ordered(buyer):
    page = new_order(buyer)

    assert page.context["form"].errors["lines"] == ["Add a product first."]
    assert not PurchaseOrder.objects.exists()


def test_price_of_a_row_is_what_was_paid_last_then_the_offer_then_the_cost(buyer):
    acme, other = supply.supplier(), supply.supplier("OTHER")
    for sku in ("MUG", "CUP"):
        SupplierProduct.objects.create(supplier=acme, product=supply.goods(sku), price=3)
    paid = supply.sent(("MUG", 5, "2.50"))
    supply.draft(("MUG", 5, "9.00"))  # a draft was never paid
    supply.sent(("MUG", 5, "8.00"), supplier=other)
    supply.goods("JAR").__class__.objects.filter(sku="JAR").update(unit_cost=Decimal("0.40"))
    about = {"supplier": acme.pk, "location": supply.place().pk}

    found = [
        row
        for text in ("MUG", "CUP", "JAR")
        for row in rows(buyer, "purchase", **about, **{"lines-add": text})
    ]

    assert [fields["price"] for fields, _ in found] == ["2.50", "3.00", "0.40"]
    assert f"last paid, {paid.number}; offered at 3.00" in found[0][1]
    assert "as offered" in found[1][1]
    assert "the product's cost" in found[2][1].replace("&#x27;", "'")


def test_cost_in_the_locations_currency_is_not_proposed_as_a_foreign_price(buyer):
    abroad = supply.supplier("EUR", currency="EUR")
    supply.goods("MUG").__class__.objects.filter(sku="MUG").update(unit_cost=2)

    [(fields, _)] = rows(
        buyer, "purchase", supplier=abroad.pk, location=supply.place().pk, **{"lines-add": "MUG"}
    )

    assert fields["price"] == ""


def test_transfer_rows_say_what_the_source_could_give(buyer):
    place = supply.place()
    mug = stocked("MUG", place, 9)
    inventory.set_safety_stock(mug, place, 2, by=BY)

    [(fields, text)] = rows(buyer, "transfer", source=place.pk, **{"lines-add": "mug"})

    assert fields == {"code": "MUG", "quantity": "1"}
    assert " 7 " in text


@pytest.mark.parametrize(
    ("typed", "added"),
    [
        ("mug 24", [("MUG", "24")]),
        ("5012345678900", [("MUG", "1")]),
        ("blue mu", [("MUG", "1")]),
        ("MUG\t2\nCUP\t3", [("MUG", "2"), ("CUP", "3")]),
        ("nothing like it", [("nothing like it", "")]),
        ("NIX 3", [("NIX", "3")]),
    ],
)
def test_what_is_typed_scanned_or_pasted_becomes_rows(buyer, typed, added):
    mug = supply.goods("MUG")
    mug.name, mug.barcode = "Big blue mug", "5012345678900"
    mug.save()
    supply.goods("CUP")

    found = rows(buyer, "transfer", **{"lines-add": typed})

    assert [(fields["code"], fields["quantity"]) for fields, _ in found] == added


def test_rows_are_asked_anew_for_another_source(buyer):
    stocked("MUG", supply.place("LEE"), 4)
    typed = {"lines-code": ["MUG", "NIX"], "lines-quantity": ["3", "1"]}

    found = rows(buyer, "transfer", source=supply.place("LEE").pk, **typed)

    assert [fields["quantity"] for fields, _ in found] == ["3", "1"]
    assert " 4 " in found[0][1]
    assert "There is no product" in found[1][1]


def test_count_rows_tell_no_figure_of_the_book(buyer):
    place = supply.place()
    stocked("MUG", place, 37)

    [(fields, text)] = rows(buyer, "count", location=place.pk, **{"lines-add": "MUG"})
    found = buyer.get(reverse("admin:inventory_lines_find", args=["count"]), {"lines-add": "mu"})

    assert fields == {"code": "MUG"}
    assert "37" not in text
    assert "MUG" in found.content.decode()
    assert "37" not in found.content.decode()


def test_count_of_rows_is_planned_once_a_product(buyer):
    place = supply.place()
    mug = stocked("MUG", place, 3)
    address = reverse("admin:inventory_count_list_act", args=["plan"])

    buyer.post(address, {"act": "plan", "location": place.pk, "lines-code": ["MUG", "mug"]})

    assert list(Count.objects.get().lines.values_list("level__product", flat=True)) == [mug.pk]


def test_finder_tells_the_stock_of_the_source_and_no_selling_price(buyer):
    stocked("MUG", supply.place(), 9, unit_price=Decimal("7.77"))
    stocked("MUG", supply.place("LEE"), 4)
    asked = {"lines-add": "mu", "source": supply.place("LEE").pk}

    page = buyer.get(reverse("admin:inventory_lines_find", args=["transfer"]), asked)

    text = " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())
    assert "4 available at LEE" in text
    assert "7.77" not in text


@pytest.mark.parametrize("sheet", ["transfer", "purchase", "count"])
def test_only_who_may_write_the_document_is_told(auditor, sheet):
    supply.goods("MUG")
    find = auditor.get(reverse("admin:inventory_lines_find", args=[sheet]), {"lines-add": "mu"})
    more = auditor.post(reverse("admin:inventory_lines_rows", args=[sheet]), {"lines-add": "mug"})

    assert (find.status_code, more.status_code) == (403, 403)


def test_more_lines_than_a_document_holds_are_refused(buyer):
    supply.goods("MUG")
    places = {"source": supply.place().pk, "destination": supply.place("LEE").pk}
    address = reverse("admin:inventory_transfer_list_act", args=["new"])

    page = buyer.post(address, {"act": "new", **places, "lines": "MUG 1\n" * 501})

    assert page.context["form"].errors["lines"] == ["At most 500 lines."]
    assert not Transfer.objects.exists()


def test_lines_of_a_draft_are_rows_to_edit(buyer):
    order = supply.draft(("MUG", 4, "2.5"), ("CUP", 3, "1"))

    page = buyer.get(reverse("admin:inventory_purchaseorder_act", args=[order.pk, "lines"]))

    fields = re.findall(r'name="lines-(\w+)"[^>]*?value="([^"]*)"', page.content.decode())
    assert [pair for pair in fields if pair[0] != "add"] == [
        ("code", "MUG"), ("quantity", "4"), ("price", "2.50"),
        ("code", "CUP"), ("quantity", "3"), ("price", "1.00"),
    ]  # fmt: skip
