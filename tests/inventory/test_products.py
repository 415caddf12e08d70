"""What rules, return policies and reports ask of a product is set by every door."""

from io import BytesIO

import pytest
import tablib
from django.contrib.auth.models import Group
from django.urls import reverse

from inventory.models import Product
from oms import keys
from oms.models import User
from tests.factories import product

SAID = {"goods_class": "bulky", "family": "MUGS", "customs_description": "Mugs of clay"}


@pytest.fixture
def send(db, client):
    headers = {"Authorization": f"Api-Key {keys.create('ERP')[1]}"}

    def post(key, **body):
        more = {**headers, "Idempotency-Key": key}
        url, kind = "/api/v1/products/", "application/json"
        return client.post(url, body, content_type=kind, headers=more)

    return post


def test_api_sets_and_shows_class_family_and_description(send):
    made = send("1", sku="MUG", name="Mug", **SAID)
    corrected = send("2", sku="MUG", name="Mug", goods_class="")

    assert made.status_code == 201
    assert {name: made.json()[name] for name in SAID} == SAID
    assert (corrected.status_code, corrected.json()["goods_class"]) == (200, "")
    row = Product.objects.get()
    assert (row.goods_class, row.family, row.customs_description) == ("", "MUGS", "Mugs of clay")
    assert row.history.count() == 2


def test_api_refuses_a_class_that_is_too_long_and_changes_nothing(send):
    product("MUG", goods_class="bulky")

    refused = send("1", sku="MUG", name="Mug", goods_class="x" * 21)

    assert refused.status_code == 400
    assert "/goods_class" in str(refused.json())
    assert Product.objects.get().goods_class == "bulky"


def test_file_and_page_set_class_and_family(db, client):
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    names, values = ("sku", "name", *SAID), ("MUG", "Mug", *SAID.values())
    file = BytesIO(tablib.Dataset(values, headers=names).export("csv").encode())
    file.name = "products.csv"
    sent = {"import_file": file, "format": "0", "resource": ""}
    form = client.post(reverse("admin:inventory_product_import"), sent).context["confirm_form"]
    client.post(reverse("admin:inventory_product_process_import"), form.initial)
    row = Product.objects.get()
    assert (row.goods_class, row.family) == ("bulky", "MUGS")

    page = reverse("admin:inventory_product_change", args=[row.pk])
    kept = client.get(page).context["adminform"].form.initial
    filled = {name: "" if value is None else value for name, value in kept.items()}
    client.post(page, filled | {"goods_class": "hazardous", "family": "CUPS"})

    row.refresh_from_db()
    assert (row.goods_class, row.family) == ("hazardous", "CUPS")
