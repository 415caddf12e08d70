import pytest
from django.urls import reverse

from customers import operations as customers
from customers import queries
from customers.models import Customer, Disclosure
from customers.operations import Party
from oms.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


LIST = "/admin/customers/customer/"


def page(customer):
    return reverse("admin:customers_customer_change", args=[customer.pk])


def act(customer, name):
    return reverse("admin:customers_customer_act", args=[customer.pk, name])


def test_list_shows_names_to_those_who_may_read(ada, sign_in):
    client = sign_in("Operations")

    text = client.get(LIST).text

    assert "Ada Byron" in text
    assert Disclosure.objects.get().what == "list of customers"


def test_list_masks_names_for_auditor(ada, sign_in):
    client = sign_in("Auditor")

    text = client.get(LIST).text

    assert ada.number in text
    assert "Ada Byron" not in text
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("term", ["ada@example.com", "+442079460001", "Byron", "NUMBER"], ids=str)
def test_list_search_finds_by_blind_index(ada, sign_in, term):
    customers.identify([Party(name="Cora", email="cora@example.com")], by="system")
    client = sign_in("Support")

    text = client.get(LIST, {"q": ada.number if term == "NUMBER" else term}).text

    assert ada.number in text
    assert "Cora" not in text


def test_list_search_by_email_finds_nothing_for_auditor(ada, sign_in):
    client = sign_in("Auditor")

    text = client.get(LIST, {"q": "ada@example.com"}).text

    assert ada.number not in text


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_any_number_of_rows(db, sign_in, rows, django_assert_num_queries):
    parties = [Party(name=f"P {n}", email=f"p{n}@example.com") for n in range(rows)]
    customers.identify(parties, by="system")
    client = sign_in("Operations")
    client.get(LIST)

    with django_assert_num_queries(LIST_QUERIES):
        client.get(LIST)


LIST_QUERIES = 10


def test_page_shows_person_orders_and_credit(sign_in):
    order = factories.place(factories.shop(), ("MUG", 2), external_id="A-1")
    customer = Customer.objects.get()
    customers.set_terms(
        customer, by="system", credit_limit=100, payment_terms_days=14, reason="known"
    )
    customers.add_address(customer, by="system", kind="billing", address=factories.LONDON)
    client = sign_in("Operations")

    text = client.get(page(customer)).text

    for shown in ("Ada Byron", "ada@example.com", "St James", order.number, "£20.00", "14 days"):
        assert shown in text
    readings = set(Disclosure.objects.values_list("what", flat=True))
    assert readings == {
        f"customers.customer {customer.number}",
        f"customers.customer {customer.number} address",
    }


def test_page_masks_person_for_auditor(ada, sign_in):
    client = sign_in("Auditor")

    text = client.get(page(ada)).text

    assert "Ada Byron" not in text
    assert "does not read personal data" in text


def test_correct_button_changes_profile(ada, sign_in):
    client = sign_in("Support")
    form = client.get(act(ada, "correct")).text
    assert "ada@example.com" in form

    data = {"act": "correct", "name": "Ada King", "email": "ada@example.com", "reason": "wed"}
    response = client.post(act(ada, "correct"), data)

    assert response.status_code == 302
    ada.refresh_from_db()
    assert queries.profile_of(ada)["name"] == "Ada King"
    assert Event.objects.get(name="customer.corrected").actor == f"user:{client.user.pk}"


def test_terms_button_sets_limit(ada, sign_in):
    client = sign_in("Finance")

    client.post(
        act(ada, "set_terms"),
        {"act": "set_terms", "credit_limit": "250", "payment_terms_days": "30", "reason": "good"},
    )

    ada.refresh_from_db()
    assert (ada.credit_limit, ada.payment_terms_days) == (250, 30)


def test_terms_button_is_refused_to_warehouse(ada, sign_in):
    client = sign_in("Warehouse")

    response = client.post(act(ada, "set_terms"), {"act": "set_terms", "reason": "x"})

    assert response.status_code == 403
    ada.refresh_from_db()
    assert ada.credit_limit is None


def test_address_and_group_buttons_record_events(ada, sign_in):
    client = sign_in("Operations")
    home = {"kind": "shipping", "name": "Ada", "line1": "1 St", "city": "Rome", "country": "it"}

    client.post(act(ada, "add_address"), {"act": "add_address", **home})
    client.post(act(ada, "classify"), {"act": "classify", "group": "vip", "reason": "buys"})

    assert ada.addresses.get().country == "IT"
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == [
        "customer.address_added",
        "customer.classified",
    ]
