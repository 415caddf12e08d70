import json

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from compliance.models import PrivacyRequest
from compliance.operations import privacy
from customers.models import Customer
from oms.models import User
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/admin/compliance/privacyrequest/"


@pytest.fixture
def customer():
    factories.place(factories.shop(), ("MUG", 2), external_id="A-1")
    return Customer.objects.select_related("subject").get()


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def as_(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return as_


def act(customer, name):
    return reverse("admin:customers_customer_act", args=[customer.pk, name])


def test_export_button_gives_file_without_a_name_in_its_name(customer, sign_in):
    client = sign_in("Administrator")

    response = client.post(act(customer, "export_person"), {"act": "export_person"})

    assert response["Content-Type"] == "application/json"
    assert str(customer.subject.public_id) in response["Content-Disposition"]
    content = json.loads(response.content)
    assert content["customer"][0]["profile"]["name"] == "Ada Byron"
    assert PrivacyRequest.objects.get().done_at is not None


def test_erase_button_with_number_typed_erases(customer, sign_in):
    client = sign_in("Administrator")

    client.post(
        act(customer, "erase_person"),
        {
            "act": "erase_person",
            "reason": "Request of the person",
            "confirmation": customer.number.lower(),
        },
    )

    customer.subject.refresh_from_db()
    assert customer.subject.operational_key is None
    text = client.get(reverse("admin:customers_customer_change", args=[customer.pk])).text
    assert "[erased]" in text
    assert "Erase person" not in text
    assert "Ada" not in text


def test_erase_button_with_wrong_number_erases_nothing(customer, sign_in):
    client = sign_in("Administrator")

    text = client.post(
        act(customer, "erase_person"),
        {"act": "erase_person", "reason": "Request of the person", "confirmation": "C1"},
    ).text

    assert "not the number of this customer" in text
    customer.subject.refresh_from_db()
    assert customer.subject.operational_key is not None
    assert PrivacyRequest.objects.count() == 0


@pytest.mark.parametrize("name", ["export_person", "erase_person"])
def test_privacy_buttons_are_refused_to_warehouse(customer, sign_in, name):
    client = sign_in("Warehouse")

    assert client.post(act(customer, name), {"act": name}).status_code == 403
    assert PrivacyRequest.objects.count() == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_any_number_of_rows(sign_in, rows, django_assert_num_queries):
    shop = factories.shop()
    for n in range(rows):
        party = factories.Party(name=f"P {n}", email=f"p{n}@example.com")
        order = factories.place(shop, ("MUG", 1), customer=party, external_id=f"A-{n}")
        privacy.open_request(order.subject, by="system", kind="export")
    client = sign_in("Auditor")
    client.get(LIST)

    with django_assert_num_queries(LIST_QUERIES):
        text = client.get(LIST).text

    assert text.count("not yet") == rows


LIST_QUERIES = 6


def test_extend_button_moves_the_due_date(customer, sign_in):
    request = privacy.open_request(customer.subject, by="system", kind="export")
    client = sign_in("Administrator")
    url = reverse("admin:compliance_privacyrequest_act", args=[request.pk, "extend"])

    client.post(url, {"act": "extend", "reason": "many orders"})

    before = request.due_on
    request.refresh_from_db()
    assert request.due_on > before
