import pytest
from django.db import IntegrityError, connection, transaction

from customers import operations as customers
from customers import queries
from customers.models import Customer, DataSubject, SearchToken
from customers.operations import Party

BY = "command:test"
ADA = Party(name="Ada Byron", email="ada@example.com", phone="+44 20 7946 0001", company="Engines")
CORA = Party(name="Cora Stranger", email="cora@example.com")

pytestmark = pytest.mark.django_db


def test_identify_unknown_party_makes_customer_with_sealed_profile():
    [ada] = customers.identify([ADA], by=BY)

    row = Customer.objects.select_related("subject").get()
    assert row == ada
    assert row.number.startswith("C")
    assert b"Ada" not in bytes(row.profile)
    assert queries.profile_of(row) == {
        "name": "Ada Byron",
        "email": "ada@example.com",
        "phone": "+44 20 7946 0001",
        "company": "Engines",
        "tax_id": "",
    }
    assert sorted(row.subject.tokens.values_list("kind", flat=True)) == [
        "email", "name", "name", "name", "phone",
    ]  # fmt: skip
    assert [entry.history_change_reason for entry in row.history.all()] == [BY]


def test_identify_new_customers_are_as_the_database_has_them():
    found = customers.identify([CORA, ADA], by=BY)

    for customer in found:
        row = Customer.objects.select_related("subject").get(pk=customer.pk)
        for field in Customer._meta.concrete_fields:
            assert getattr(row, field.attname) == getattr(customer, field.attname), field.name
        for field in DataSubject._meta.concrete_fields:
            mine, theirs = (getattr(who.subject, field.attname) for who in (customer, row))
            assert mine == theirs, field.name
    assert found[0].number < found[1].number


def test_identify_on_behalf_of_user_names_them_in_history(django_user_model):
    ben = django_user_model.objects.create_user("ben")

    [ada] = customers.identify([ADA], by=f"user:{ben.pk}")

    entry = ada.history.get()
    assert (entry.history_user, entry.history_change_reason) == (ben, f"user:{ben.pk}")
    assert entry.history_type == "+"
    assert bytes(entry.profile) == ada.profile


def test_identify_known_email_finds_customer_and_keeps_profile():
    [ada] = customers.identify([ADA], by=BY)

    [found] = customers.identify([Party(name="A. Byron", email=" ADA@Example.com ")], by=BY)

    assert found == ada
    assert queries.profile_of(found)["name"] == "Ada Byron"
    assert Customer.objects.count() == 1


def test_identify_phone_alone_finds_customer():
    [ada] = customers.identify([ADA], by=BY)

    [found] = customers.identify([Party(name="Ada", phone="0044 (20) 7946-0001")], by=BY)

    assert found == ada


def test_identify_same_phone_other_email_is_another_person():
    customers.identify([ADA], by=BY)

    customers.identify([Party(name="Byron", email="b@example.com", phone=ADA.phone)], by=BY)

    assert Customer.objects.count() == 2


def test_identify_email_of_customer_known_by_phone_alone_finds_them():
    [first] = customers.identify([Party(name="Ada", phone=ADA.phone)], by=BY)

    [found] = customers.identify([ADA], by=BY)

    assert found == first


def test_identify_party_without_contact_is_new_each_time():
    anonymous = Party(name="Walk-in")

    found = customers.identify([anonymous, anonymous], by=BY)

    assert found[0] != found[1]
    assert Customer.objects.count() == 2


def test_identify_same_new_person_twice_in_batch_makes_one():
    found = customers.identify([ADA, CORA, Party(name="Ada", phone=ADA.phone), ADA], by=BY)

    assert found[0] is found[2] is found[3]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("size", [1, 20])
def test_identify_known_batch_costs_one_statement(size, django_assert_num_queries):
    parties = [Party(name=f"P {n}", email=f"p{n}@example.com") for n in range(size)]
    customers.identify(parties, by=BY)

    with django_assert_num_queries(1):
        found = customers.identify(parties, by=BY)
        assert {customer.subject.pk for customer in found}

    assert len(found) == size


@pytest.mark.parametrize("size", [1, 20])
def test_identify_new_batch_costs_fixed_statements(size, django_assert_max_num_queries):
    parties = [Party(name=f"P {n}", email=f"p{n}@example.com") for n in range(size)]
    statements = 2 if connection.vendor == "postgresql" else 12

    with django_assert_max_num_queries(statements):
        customers.identify(parties, by=BY)

    assert DataSubject.objects.count() == size


def test_identify_email_token_made_meanwhile_is_refused_by_database():
    [ada] = customers.identify([ADA], by=BY)
    stranger = DataSubject.objects.create()
    token = SearchToken.objects.get(subject=ada.subject, kind="email").token

    with pytest.raises(IntegrityError), transaction.atomic():
        SearchToken.objects.create(subject=stranger, kind="email", token=token)

    assert stranger.tokens.count() == 0


def test_identify_erased_email_makes_new_person():
    [ada] = customers.identify([ADA], by=BY)
    customers.erase(ada.subject, by=BY, reason="asked")

    [again] = customers.identify([ADA], by=BY)

    assert again != ada
    assert again.subject.operational_key is not None
