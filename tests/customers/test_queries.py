import pytest

from customers import operations as customers
from customers import queries
from customers.models import Customer, DataSubject, SearchToken
from customers.operations import Party

pytestmark = pytest.mark.django_db


def found():
    return {
        invariant.name: (invariant.count(), list(invariant.violations()))
        for invariant in queries.invariants()
    }


def test_invariants_hold_for_living_and_erased_people(ada):
    [cora] = customers.identify([Party("Cora", "cora@example.com")], by="system")
    customers.erase(cora.subject, by="system", reason="asked")

    assert found() == {"people.erased": (1, []), "people.keys": (1, [])}


def test_invariants_name_erased_person_who_can_be_found(ada):
    customers.erase(ada.subject, by="system", reason="asked")
    SearchToken.objects.create(subject=ada.subject, kind="name", token="X")

    [sentence] = found()["people.erased"][1]

    assert str(ada.subject) in sentence


def test_invariants_name_customer_without_key(ada):
    DataSubject.objects.update(fiscal_key=None)
    Customer.objects.update(profile=None)

    assert found()["people.keys"][1] == [f"{ada.number} lacks a key or a profile"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada  Byron", ["ada", "byron"]),
        ("BYRON, Ada", ["byron", "ada"]),
        ("Ada Ada A.", ["ada", "a."]),
        ("", []),
    ],
)
def test_words_of_name_are_normalised(name, words):
    assert queries.words_of(name) == words


def test_names_of_page_open_without_further_statements(ada, django_assert_num_queries):
    page = list(Customer.objects.select_related("subject"))

    with django_assert_num_queries(0):
        assert queries.names_of(page) == {ada.pk: "Ada Byron"}


@pytest.mark.parametrize(
    ("values", "contact"),
    [({"contact": {"name": "Ada"}}, {"name": "Ada"}), ({}, {"name": "[erased]"})],
)
def test_contact_of_erased_envelope_says_so(values, contact):
    assert queries.contact_of(values) == contact
