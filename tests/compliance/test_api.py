"""The invoices API: what a key sees, filters, and the PDF whose reading is recorded."""

import pytest

from compliance import consumers
from compliance.models import Invoice
from customers.models import Disclosure
from oms import keys
from tests.factories import place, shop, stocked, warehouse
from tests.factories.documents import ship, take_back

LIST = "/api/v1/invoices/"
PERSONAL = ("invoices:read", "customers:read_personal")


@pytest.fixture
def call(client):
    """GET with a key of a channel and scopes."""

    def get(path, *, channel="shop", scopes=("invoices:read",), **params):
        _, text = keys.create("test", channel=channel, scopes=scopes)
        return client.get(path, params, headers={"Authorization": f"Api-Key {text}"})

    return get


@pytest.fixture
def documents(uk):
    """An invoice and a credit note of the shop, an invoice of the market."""
    london = warehouse()
    stocked("MUG", london, 20)
    order = place(shop(), ("MUG", 3, "12.00"))
    consumers.issue_invoice(ship(order, "SH1", MUG=3))
    consumers.issue_credit_note(take_back(order, "RMA1", MUG=1))
    consumers.issue_invoice(ship(place(shop("market"), ("MUG", 2)), "SH2", MUG=2))
    return list(Invoice.objects.order_by("pk"))


def test_list_shows_documents_of_the_channel_newest_first(documents, call):
    answer = call(LIST).json()

    invoice, note, _ = documents
    assert [row["number"] for row in answer["results"]] == [note.number, invoice.number]
    assert answer["results"][0] == {
        "number": note.number,
        "kind": "credit_note",
        "order": invoice.order.number,
        "source": "RMA1",
        "corrects": invoice.number,
        "seller": "uk",
        "treatment": "domestic",
        "territory": "GB",
        "currency": "GBP",
        "net": "10.00",
        "tax": "2.00",
        "gross": "12.00",
        "issued_on": str(note.issued_on),
        "due_on": None,
        "supplied_on": str(note.supplied_on),
        "issued_at": note.issued_at.isoformat().replace("+00:00", "Z"),
        "digest": note.digest,
    }


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({}, 3),
        ({"kind": "invoice"}, 2),
        ({"issued_from": "2000-01-01"}, 3),
        ({"issued_from": "2999-01-01"}, 0),
        ({"issued_to": "2000-01-01"}, 0),
        ({"territory": "GB", "treatment": "domestic", "currency": "GBP"}, 3),
        ({"seller": "uk"}, 3),
        ({"seller": "de"}, 0),
    ],
)
def test_list_filters(params, count, documents, de, call):
    assert len(call(LIST, channel="", **params).json()["results"]) == count


@pytest.mark.parametrize(
    ("channel", "said"),
    [("", ["There is no xx here; known: de, uk."]), ("shop", ["There is no xx here."])],
)
def test_unknown_seller_names_the_sellers_to_keys_of_all_channels_only(
    channel, said, documents, de, call
):
    answer = call(LIST, channel=channel, seller="xx")

    assert answer.status_code == 400
    assert [error["detail"] for error in answer.json()["errors"]] == said


def test_list_of_an_order(documents, call):
    answer = call(LIST, channel="", order=documents[2].order.number).json()

    assert [row["number"] for row in answer["results"]] == [documents[2].number]


@pytest.mark.parametrize("limit", [1, 3])
def test_list_costs_the_same_for_any_number_of_rows(
    limit, documents, call, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        assert call(LIST, channel="", limit=limit).status_code == 200


def test_detail_shows_lines_and_tax_groups_without_the_buyer(documents, call):
    answer = call(f"{LIST}{documents[0].number}/")

    body = answer.json()
    assert body["lines"] == [
        {
            "position": 1,
            "order_line": 1,
            "sku": "MUG",
            "name": "Mug",
            "hs_code": "",
            "quantity": 3,
            "unit_price": "10.00",
            "net": "30.00",
            "category": "S",
            "rate": "20",
            "tax": "6.00",
        }
    ]
    assert body["tax_groups"] == [
        {"code": "VAT", "category": "S", "rate": "20", "base": "30.00", "amount": "6.00"}
    ]
    assert "Ada" not in answer.text
    assert not Disclosure.objects.exists()


def test_pdf_is_a_pdf_and_its_reading_is_recorded(documents, call):
    answer = call(f"{LIST}{documents[0].number}/pdf/", scopes=PERSONAL)

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{documents[0].number}.pdf"'
    assert answer.content.startswith(b"%PDF-")
    reading = Disclosure.objects.get()
    assert reading.reader.startswith("api-key:")
    assert reading.what == f"compliance.invoice {documents[0].number}"


def test_document_of_another_channel_is_not_found(documents, call):
    answer = call(f"{LIST}{documents[2].number}/pdf/", scopes=PERSONAL)

    assert answer.status_code == 404
    assert not Disclosure.objects.exists()


def test_key_without_the_scope_is_refused(documents, call):
    assert call(LIST, scopes=("orders:read",)).status_code == 403


def test_pdf_for_a_key_that_may_not_read_personal_data_is_refused(documents, call):
    answer = call(f"{LIST}{documents[0].number}/pdf/")

    assert answer.status_code == 403
    assert "customers:read_personal" in answer.json()["detail"]
    assert not Disclosure.objects.exists()
