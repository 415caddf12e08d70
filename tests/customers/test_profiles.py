from dataclasses import replace
from decimal import Decimal

import pytest

from customers import operations as customers
from customers import queries
from customers.forms import AddressForm
from customers.models import Address, Company, Disclosure
from customers.operations import Party
from oms.models import Event
from tests.customers.conftest import ADA

BY = "user:1"

pytestmark = pytest.mark.django_db


def test_correct_name_and_email_changes_profile_and_index(ada):
    right = replace(ADA, name="Ada Lovelace", email="lovelace@example.com")

    customers.correct(ada, by=BY, party=right, reason="married")

    ada.refresh_from_db()
    assert queries.profile_of(ada)["name"] == "Ada Lovelace"
    assert queries.find_subjects("lovelace@example.com").get() == ada.subject
    assert not queries.find_subjects("ada@example.com").exists()
    assert not queries.find_subjects("Byron").exists()
    event = Event.objects.get(name="customer.corrected")
    assert event.facts == {"fields": ["name", "email"]}
    entry = ada.history.first()
    assert entry.history_change_reason == "user:1: married"
    before = queries.unseal(ada.subject, entry.prev_record.profile, queries.PROFILE)
    assert before["name"] == "Ada Byron"


def test_correct_nothing_changed_records_nothing(ada):
    customers.correct(ada, by=BY, party=ADA, reason="looked")

    assert not Event.objects.filter(name="customer.corrected").exists()
    assert ada.history.count() == 1


def test_correct_to_email_of_other_customer_is_refused(ada):
    [cora] = customers.identify([Party(name="Cora", email="cora@example.com")], by=BY)

    with pytest.raises(customers.EmailTaken) as refused:
        customers.correct(ada, by=BY, party=replace(ADA, email="CORA@example.com"), reason="x")

    assert refused.value.params == {"number": cora.number}
    ada.refresh_from_db()
    assert queries.profile_of(ada)["email"] == "ada@example.com"
    assert ada.subject.tokens.count() == 5
    assert ada.history.count() == 1


def test_correct_erased_customer_is_refused(ada):
    customers.erase(ada.subject, by=BY, reason="asked")

    with pytest.raises(customers.SubjectErased):
        customers.correct(ada, by=BY, party=replace(ADA, name="Ada"), reason="x")

    assert ada.subject.tokens.count() == 0


def test_set_terms_records_them(ada):
    customers.set_terms(
        ada, by=BY, credit_limit=Decimal("500.00"), payment_terms_days=30, reason="good payer"
    )

    ada.refresh_from_db()
    assert (ada.credit_limit, ada.payment_terms_days) == (Decimal(500), 30)
    event = Event.objects.get(name="customer.terms_changed")
    assert event.facts == {"credit_limit": "500.00", "payment_terms_days": 30}


def test_set_terms_negative_limit_is_refused(ada):
    with pytest.raises(customers.TermsImpossible):
        customers.set_terms(
            ada, by=BY, credit_limit=Decimal(-1), payment_terms_days=0, reason="slip"
        )

    ada.refresh_from_db()
    assert ada.credit_limit is None


def test_classify_puts_customer_into_company(ada):
    works = Company.objects.create(code="ENG", name="Engines Ltd")

    customers.classify(ada, by=BY, group="wholesale", company=works, reason="contract")

    ada.refresh_from_db()
    assert (ada.group, ada.company) == ("wholesale", works)
    event = Event.objects.get(name="customer.classified")
    assert event.facts == {"group": "wholesale", "company": "ENG"}


@pytest.mark.parametrize(
    ("told", "code"), [("Germany", "DE"), ("uk", "GB"), ("Nowhere", ""), ("", "")]
)
def test_add_address_knows_its_country_by_code_or_name(ada, told, code):
    row = customers.add_address(ada, by=BY, kind="billing", address={"country": told})

    assert row.country == code
    kept = queries.unseal(ada.subject, row.sealed, queries.ADDRESS)["country"]
    assert kept == (code or told)


@pytest.mark.parametrize(("told", "code"), [("india", "IN"), ("XX", ""), ("Ge", "GE")])
def test_address_form_wants_a_country_that_is_there(told, code):
    form = AddressForm({"kind": "billing", "name": "A", "line1": "1", "city": "B", "country": told})

    assert form.is_valid() == bool(code)
    assert form.cleaned_data.get("country", "") == code


def test_addresses_are_sealed_and_removed(ada):
    home = {"name": "Ada Byron", "line1": "12 St James's Square", "country": "GB"}
    address = customers.add_address(ada, by=BY, kind="billing", address=home)

    assert b"James" not in bytes(address.sealed)
    assert address.country == "GB"
    assert queries.unseal(ada.subject, address.sealed, queries.ADDRESS) == home

    customers.remove_address(address, by=BY)

    assert not Address.objects.exists()
    names = list(Event.objects.order_by("pk").values_list("name", flat=True))
    assert names == ["customer.address_added", "customer.address_removed"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ADA@example.com", 1),
        ("+44 (20) 7946 0001", 1),
        ("byron ada", 1),
        ("Engines", 1),
        ("ada stranger", 0),
        ("ada@example", 0),
        ("442", 0),
        ("", 0),
    ],
)
def test_find_subjects_by_exact_words(ada, text, found):
    assert queries.find_subjects(text).count() == found


def test_disclose_opens_and_records_reading(ada):
    values = customers.disclose(
        ada.subject, ada.profile, queries.PROFILE, by=BY, what=f"customers.customer {ada.number}"
    )

    assert values["name"] == "Ada Byron"
    row = Disclosure.objects.get()
    assert (row.reader, row.what) == (BY, f"customers.customer {ada.number}")


def test_disclose_erased_gives_nothing_and_records_nothing(ada):
    customers.erase(ada.subject, by=BY, reason="asked")
    ada.subject.refresh_from_db()

    values = customers.disclose(ada.subject, ada.profile, queries.PROFILE, by=BY, what="x")

    assert values == {}
    assert not Disclosure.objects.exists()


def test_disclose_names_records_a_page_in_one_statement(ada, django_assert_num_queries):
    [cora] = customers.identify([Party(name="Cora", email="cora@example.com")], by=BY)

    with django_assert_num_queries(1):
        names = customers.disclose_names([ada, cora], by=BY, what="customers list")

    assert names == {ada.pk: "Ada Byron", cora.pk: "Cora"}
    assert Disclosure.objects.count() == 2
