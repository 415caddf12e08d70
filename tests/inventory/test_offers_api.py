"""What suppliers sell, kept by messages: many at once, repeatable, one preferred a product."""

import json
from decimal import Decimal

import pytest

from inventory.models import SupplierProduct
from oms import keys
from oms.models import Event
from tests.factories import supply

pytestmark = pytest.mark.django_db

MUG = {"sku": "MUG", "price": "2.50", "pack_size": 6, "is_preferred": True}


@pytest.fixture
def call(client):
    supply.supplier(), supply.supplier("BEST", name="Best Ltd")
    supply.goods("MUG"), supply.goods("CUP")
    _, key = keys.create("ERP", scopes=["purchasing:write"])

    def send(method, path, *offers):
        answer = client.generic(
            method,
            f"/api/v1/suppliers/{path}",
            json.dumps({"offers": offers}) if offers else "",
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json() if answer.content else None

    return send


def offers():
    rows = SupplierProduct.objects.order_by("pk")
    return list(rows.values_list("supplier__code", "product__sku", "price", "is_preferred"))


def test_offers_are_created_then_corrected_and_the_others_stay(call):
    call("PUT", "ACME/offers/", MUG, {"sku": "CUP", "price": "1.00"})

    status, rows = call("PUT", "ACME/offers/", {**MUG, "price": "2.75"})

    assert (status, rows[0]["price"], rows[0]["currency"], rows[0]["pack_size"]) == (
        200, "2.75", "GBP", 6,
    )  # fmt: skip
    assert offers() == [("ACME", "MUG", Decimal("2.75"), True), ("ACME", "CUP", Decimal(1), False)]
    assert [row.history_type for row in SupplierProduct.history.order_by("history_id")] == [
        "+", "+", "~",
    ]  # fmt: skip
    assert len(call("GET", "ACME/offers/")[1]["results"]) == 2


def test_offers_sent_again_change_and_record_nothing(call):
    call("PUT", "ACME/offers/", MUG)
    call("PUT", "ACME/offers/", MUG)

    assert Event.objects.filter(name="supplier.offers_saved").count() == 1
    assert SupplierProduct.history.count() == 1


def test_preferred_offer_takes_that_from_the_other_supplier(call):
    call("PUT", "ACME/offers/", MUG)

    call("PUT", "BEST/offers/", {**MUG, "price": "2.00"})

    assert offers() == [("ACME", "MUG", Decimal("2.5"), False), ("BEST", "MUG", Decimal(2), True)]


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ((MUG, MUG), (409, "offer_twice")),
        (({**MUG, "price": "-1"},), (400, "invalid")),
        ((MUG, {**MUG, "sku": "NONE"}), (404, "not_found")),
    ],
)
def test_offers_that_make_no_sense_are_refused_as_a_whole(call, rows, answer):
    status, problem = call("PUT", "ACME/offers/", *rows)

    assert (status, problem["code"]) == answer
    assert not SupplierProduct.objects.exists()


def test_offer_is_withdrawn(call):
    call("PUT", "ACME/offers/", MUG)

    assert call("DELETE", "ACME/offers/MUG/")[0] == 204
    assert call("DELETE", "ACME/offers/MUG/")[0] == 404
    assert not SupplierProduct.objects.exists()
    assert Event.objects.filter(name="supplier.offer_withdrawn").count() == 1
