import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import BinaryField

from compliance.enums import DocumentKind, PrivacyRequestKind
from compliance.models import DocumentSeries, Invoice, LegalEntity, PrivacyRequest
from compliance.operations import privacy
from compliance.queries.held import INVOICE, REGISTER
from compliance.queries.privacy import due_on
from compliance.queries.retention import expired_subjects, keep_until
from customers import operations as customers
from customers import queries as sealing
from customers.models import Disclosure
from inventory.models import StockMovement
from oms import keys
from oms.models import Event
from orders import operations as orders
from orders.models import Order
from tests import factories
from tests.ledgers import assert_ledgers_hold

BY = "user:1"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
VECTORS = Path(__file__).parent / "privacy-deadlines.json"

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    factories.stocked("MUG", factories.warehouse(), 10)
    order = factories.place(factories.shop(), ("MUG", 2), external_id="A-1")
    orders.record_capture(order, by=BY, method="bank_transfer", amount=order.total, reference="T1")
    return order


def document(order, *, country="DE", issued_on=date(2026, 11, 20)):
    entity, _ = LegalEntity.objects.get_or_create(
        code=f"ltd-{country.lower()}",
        defaults={"name": "Ltd", "country": country, "currency": "EUR"},
    )
    series, _ = DocumentSeries.objects.get_or_create(
        entity=entity, kind=DocumentKind.INVOICE, fiscal_year=str(issued_on.year)
    )
    sequence = series.documents.count() + 1
    number = f"{country}{issued_on.year}-{sequence}"
    buyer = sealing.seal_fiscal(order.subject, {"name": "Ada Byron", "city": "London"}, INVOICE)
    return Invoice.objects.create(
        number=number, source=number, series=series, sequence=sequence, kind=series.kind,
        entity=entity, order=order, subject=order.subject, sealed=buyer, currency="EUR",
        net=10, tax=2, gross=12, issued_on=issued_on, supplied_on=issued_on, digest="0" * 64,
    )  # fmt: skip


def everything():
    """Every row but those of the person, their tokens, requests and new events."""
    return {
        model._meta.label: sorted(map(str, model._default_manager.values_list()))
        for label in ("orders", "inventory", "fulfillment", "compliance")
        for model in apps.get_app_config(label).get_models()
        if model is not PrivacyRequest
    }


def test_export_holds_profile_orders_money_documents_and_trail(order):
    document(order)
    customers.add_address(order.customer, by=BY, kind="shipping", address={"city": "London"})

    content = privacy.export_subject(order.subject, by=BY)

    assert content["customer"][0]["profile"]["email"] == "ada@example.com"
    assert content["orders"][0]["number"] == order.number
    assert content["orders"][0]["sealed"]["shipping_address"]["postcode"] == "SW1Y 4JH"
    assert content["order_lines"][0]["sku"] == "MUG"
    assert content["payments"][0]["order"] == order.number
    assert content["payment_transactions"][0]["kind"] == "capture"
    assert content["invoices"][0]["sealed"] == {"name": "Ada Byron", "city": "London"}
    assert content["addresses"][0]["sealed"] == {"city": "London"}
    assert content["disclosures"][0]["what"] == "everything held on the person"
    assert "order.placed" in [event["name"] for event in content["events"]]
    assert set(content["purposes"]) == {held.name for held in REGISTER}
    assert json.loads(json.dumps(content)) == content


def test_export_contains_nobody_else(order):
    factories.place(factories.shop("b"), ("MUG", 1), customer=factories.CORA, external_id="B-1")

    text = json.dumps(privacy.export_subject(order.subject, by=BY))

    assert "cora" not in text.lower()
    assert "B-1" not in text


def test_export_records_reading_and_answers_request(order):
    privacy.export_subject(order.subject, by=BY)

    request = PrivacyRequest.objects.get()
    assert (request.kind, request.requested_by) == ("export", BY)
    assert request.done_at is not None
    assert Disclosure.objects.get().reader == BY
    told = Event.objects.filter(name__startswith="privacy.").order_by("pk")
    assert list(told.values_list("name", flat=True)) == ["privacy.requested", "privacy.answered"]


def test_erase_leaves_every_other_row_as_it_is(order):
    before = everything()

    privacy.erase_subject(order.subject, by=BY, reason="request of the person")

    assert everything() == before
    assert_ledgers_hold()
    assert StockMovement.objects.count() == 1
    order = Order.objects.select_related("subject").get()
    assert sealing.unseal(order.subject, order.sealed, "orders.order.sealed") == {}


def test_erase_keeps_issued_invoice_readable(order):
    document(order)

    privacy.erase_subject(order.subject, by=BY, reason="asked")

    content = privacy.export_subject(order.subject, by=BY)
    assert content["invoices"][0]["sealed"]["name"] == "Ada Byron"
    assert content["customer"][0]["profile"] == "[erased]"
    assert content["orders"][0]["sealed"] == "[erased]"
    assert content["erased_at"] is not None


def test_erase_forgets_the_answers_that_name_the_person(order, client):
    other = factories.place(
        factories.shop("b"), ("MUG", 1), customer=factories.CORA, external_id="B-1"
    )
    _, text = keys.create("Test", scopes=["customers:write", "customers:read_personal"])

    def correct(customer, name):
        return client.patch(
            f"/api/v1/customers/{customer.number}/",
            {"name": name, "reason": "told by phone"},
            content_type="application/json",
            headers={"Authorization": f"Api-Key {text}", "Idempotency-Key": name},
        )

    assert "Ada King" in correct(order.customer, "Ada King").text
    kept = correct(other.customer, "Cora Blue").text

    privacy.erase_subject(order.subject, by=BY, reason="asked")

    again = correct(order.customer, "Ada King")
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_answer_lost")
    assert "Ada" not in again.text
    assert correct(other.customer, "Cora Blue").text == kept


def test_erase_erased_person_returns_the_first_request(order):
    first = privacy.erase_subject(order.subject, by=BY, reason="asked")

    second = privacy.erase_subject(order.subject, by=BY, reason="asked again")

    assert second == first
    assert PrivacyRequest.objects.count() == 1
    assert Event.objects.filter(name="customer.erased").count() == 1


def test_erased_person_who_orders_again_is_new(order):
    privacy.erase_subject(order.subject, by=BY, reason="asked")

    again = factories.place(order.channel, ("MUG", 1), external_id="A-2")

    assert again.customer != order.customer


def test_open_request_still_open_is_returned(order):
    first = privacy.open_request(order.subject, by=BY, kind=PrivacyRequestKind.EXPORT)

    second = privacy.open_request(order.subject, by=BY, kind=PrivacyRequestKind.EXPORT)

    assert second == first


def test_due_date_follows_published_vectors():
    vectors = json.loads(VECTORS.read_text())

    assert [due_on(date.fromisoformat(v["received"]), months=v["months"]).isoformat()
            for v in vectors] == [v["due"] for v in vectors]  # fmt: skip


@time_machine.travel(NOW, tick=False)
def test_open_request_received_earlier_is_due_a_month_after_that(order):
    request = privacy.open_request(
        order.subject, by=BY, kind=PrivacyRequestKind.EXPORT, received_on=date(2026, 10, 31)
    )

    assert request.due_on == date(2026, 11, 30)


def test_extend_request_in_first_month_gives_two_more(order):
    with time_machine.travel(datetime(2026, 1, 15, tzinfo=UTC), tick=False):
        request = privacy.open_request(order.subject, by=BY, kind=PrivacyRequestKind.EXPORT)
    with time_machine.travel(datetime(2026, 2, 10, tzinfo=UTC), tick=False):
        extended = privacy.extend_request(request, by=BY, reason="many orders")

    assert extended.due_on == date(2026, 4, 15)


def test_extend_request_after_first_month_is_refused(order):
    with time_machine.travel(datetime(2026, 1, 15, tzinfo=UTC), tick=False):
        request = privacy.open_request(order.subject, by=BY, kind=PrivacyRequestKind.EXPORT)

    with (
        time_machine.travel(datetime(2026, 2, 16, tzinfo=UTC), tick=False),
        pytest.raises(privacy.TooLateToExtend),
    ):
        privacy.extend_request(request, by=BY, reason="many orders")

    request.refresh_from_db()
    assert request.due_on == date(2026, 2, 15)


@pytest.mark.parametrize(
    ("country", "issued_on", "last"),
    [
        ("DE", date(2026, 11, 20), date(2034, 12, 31)),
        ("GB", date(2026, 1, 1), date(2032, 12, 31)),
        ("IN", date(2026, 11, 20), date(2033, 12, 31)),
        ("IN", date(2026, 3, 31), date(2032, 12, 31)),
        ("FR", date(2026, 11, 20), date(2036, 12, 31)),
    ],
)
def test_documents_are_kept_by_the_issuers_law(country, issued_on, last):
    assert keep_until(country, issued_on) == last


def test_purge_waits_for_the_last_document(order):
    document(order)
    document(order, country="GB")
    privacy.erase_subject(order.subject, by=BY, reason="asked")

    assert privacy.purge_fiscal_keys(by=BY, today=date(2034, 12, 31)) == []
    assert privacy.purge_fiscal_keys(by=BY, today=date(2035, 1, 1)) == [order.subject]

    content = privacy.export_subject(order.subject, by=BY)
    assert [row["sealed"] for row in content["invoices"]] == ["[erased]", "[erased]"]
    assert expired_subjects(date(2040, 1, 1)) == []


def test_purge_leaves_people_who_are_not_erased(order):
    assert privacy.purge_fiscal_keys(by=BY, today=date(2090, 1, 1)) == []


def test_every_sealed_column_is_in_the_register():
    registered = {(held.table, name) for held in REGISTER for name in held.envelopes}
    sealed = {
        (model, field.name)
        for app in ("customers", "orders", "inventory", "fulfillment", "reporting", "compliance")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField) and not field.name.endswith("_key")
    }

    assert sealed == registered


def test_export_command_writes_json(order, tmp_path):
    call_command("export_person", email="ADA@example.com", output=tmp_path / "ada.json")

    content = json.loads((tmp_path / "ada.json").read_text())
    assert content["customer"][0]["number"] == order.customer.number


def test_erase_command_twice_erases_once(order):
    out = StringIO()

    for _ in range(2):
        call_command(
            "erase_person", customer=order.customer.number, reason="asked", yes=True, stdout=out
        )

    assert out.getvalue().count(f"{order.customer.number} was erased") == 2
    assert Event.objects.filter(name="customer.erased").count() == 1


def test_erase_command_unknown_person_is_refused(order):
    with pytest.raises(CommandError, match="Nobody"):
        call_command("erase_person", email="nobody@example.com", reason="asked", yes=True)

    assert PrivacyRequest.objects.count() == 0


def test_purge_command_dry_run_destroys_nothing(order):
    privacy.erase_subject(order.subject, by=BY, reason="asked")
    out = StringIO()

    call_command("purge_fiscal_keys", dry_run=True, stdout=out)

    assert order.customer.number in out.getvalue()
    order.subject.refresh_from_db()
    assert order.subject.fiscal_key is not None
