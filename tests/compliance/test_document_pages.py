"""Pages of documents, legal entities and rates."""

import pytest
from django.contrib.auth.models import Group

from compliance import consumers
from compliance.models import EntityLocation, Invoice, LegalEntity, TaxRate
from customers import operations as customers
from customers.models import Disclosure
from tests.factories import BY, place, shop, stocked, warehouse
from tests.factories.documents import ship, take_back, tamper

LIST = "/admin/compliance/invoice/"
ENTITY = {
    "name": "Lovelace BV",
    "code": "nl",
    "country": "NL",
    "currency": "EUR",
    "tax_id": "NL004495445B01",
    "line1": "",
    "postcode": "",
    "city": "",
    "region": "",
    "invoice_prefix": "NL",
    "fiscal_year_start_month": "1",
    "time_zone": "Europe/Amsterdam",
    "oss_from": "",
    "locations-TOTAL_FORMS": "0",
    "locations-INITIAL_FORMS": "0",
}
RATE = {
    "scheme": "eu_vat",
    "territory": "NL",
    "tax_class": "standard",
    "rate": "22",
    "category": "S",
    "valid_from": "2027-01-01",
    "valid_to": "",
    "source": "a law",
}


@pytest.fixture
def login(client, django_user_model):
    """A client of somebody in a role."""

    def as_role(role):
        user = django_user_model.objects.create_user(role, password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return as_role


@pytest.fixture
def invoice(uk):
    stocked("MUG", warehouse(), 10)
    order = place(shop(), ("MUG", 3, "12.00"))
    consumers.issue_invoice(ship(order, "SH1", MUG=3))
    consumers.issue_credit_note(take_back(order, "RMA1", MUG=1))
    return Invoice.objects.get(kind="invoice")


def page(invoice):
    return f"{LIST}{invoice.pk}/change/"


def test_page_shows_document_and_its_proof(invoice, login):
    text = login("Finance").get(page(invoice)).text

    for words in (
        invoice.number,
        "SH1",
        "£30.00",
        "£36.00",
        "Corrected by",
        "Ada Byron",
        "unchanged since issue",
        invoice.digest,
    ):
        assert words in text
    assert Disclosure.objects.get().what == f"compliance.invoice {invoice.number}"


def test_page_of_changed_document_says_so(invoice, login):
    tamper("UPDATE compliance_invoiceline SET net = 1")

    assert "differs from its digest" in login("Finance").get(page(invoice)).text


def test_page_hides_the_buyer_from_roles_without_permission(invoice, login):
    client = login("Auditor")

    text = client.get(page(invoice)).text

    assert "Ada" not in text
    assert "Download PDF" not in text
    assert client.get(f"{LIST}{invoice.pk}/pdf/").status_code == 403
    assert not Disclosure.objects.exists()


def test_page_of_erased_buyer_still_shows_what_the_law_keeps(invoice, login):
    customers.erase(invoice.subject, by=BY, reason="asked")

    assert "Ada Byron" in login("Finance").get(page(invoice)).text


def test_pdf_button_gives_the_pdf_and_records_the_reading(invoice, login):
    answer = login("Finance").get(f"{LIST}{invoice.pk}/pdf/")

    assert answer.content.startswith(b"%PDF-")
    assert Disclosure.objects.count() == 1


def test_list_shows_credit_notes_as_negative(invoice, login):
    text = login("Finance").get(LIST).text

    assert "−£12.00" in text
    assert f"of {invoice.number}" in text


@pytest.mark.parametrize("query", ["UK", "q=SO"])
def test_list_is_searched_by_number(query, invoice, login):
    answer = login("Finance").get(LIST, {"q": invoice.number})

    assert answer.context_data["cl"].result_count == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_any_number_of_rows(rows, uk, login, django_assert_max_num_queries):
    stocked("MUG", warehouse(), 10)
    channel = shop(duplicate_window_minutes=0)
    for number in range(rows):
        order = place(channel, ("MUG", 1), external_id=f"E{number}")
        consumers.issue_invoice(ship(order, f"SH{number}", MUG=1))
    client = login("Finance")
    client.get(LIST)

    with django_assert_max_num_queries(12):
        assert client.get(LIST).status_code == 200


# --- Legal entities and rates ---------------------------------------------------------------------


def test_entity_is_added_with_its_locations_and_who_did_it(admin_client, admin_user):
    amsterdam = warehouse("AMS", country="NL")
    locations = {
        "locations-TOTAL_FORMS": "1",
        "locations-0-location": amsterdam.pk,
    }

    answer = admin_client.post("/admin/compliance/legalentity/add/", ENTITY | locations)

    assert answer.status_code == 302, answer.context_data["adminform"].form.errors
    entity = LegalEntity.objects.get()
    assert EntityLocation.objects.get().location == amsterdam
    assert entity.history.get().history_user == admin_user


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tax_id", "NL000000000B99", "no VAT number of the European Union"),
        ("country", "XX", "no country code"),
        ("currency", "EUX", "no currency code"),
        ("time_zone", "Europe/Atlantis", "no time zone"),
        ("fiscal_year_start_month", "13", "A month is 1 to 12"),
        ("invoice_prefix", "UK", "Another entity&#x27;s numbers begin like this"),
        ("invoice_prefix", "4U", "A number begins with a letter"),
    ],
)
def test_entity_that_could_not_issue_documents_is_refused(field, value, words, uk, admin_client):
    answer = admin_client.post("/admin/compliance/legalentity/add/", ENTITY | {field: value})

    assert words in answer.text
    assert LegalEntity.objects.count() == 1


def test_rate_that_meets_another_is_refused_until_that_one_ends(admin_client):
    address = "/admin/compliance/taxrate/add/"
    current = TaxRate.objects.get(territory="NL", tax_class="standard", valid_to=None)

    refused = admin_client.post(address, RATE)
    assert "end that one first" in refused.text
    assert not TaxRate.objects.filter(rate=22, territory="NL").exists()

    current.valid_to = "2027-01-01"
    current.save()
    assert admin_client.post(address, RATE).status_code == 302
    assert TaxRate.objects.filter(rate=22, territory="NL").count() == 1


@pytest.mark.parametrize("validity", ["now", "later", "past"])
def test_rates_are_listed_by_validity(validity, login):
    answer = login("Finance").get("/admin/compliance/taxrate/", {"validity": validity})

    count = answer.context_data["cl"].result_count
    assert (count > 0) == (validity != "later")


def test_rates_are_not_changed_by_support(login):
    assert login("Support").get("/admin/compliance/taxrate/add/").status_code == 403
