import pytest

from customers import operations as customers
from customers import queries
from customers.models import Disclosure
from customers.operations import Party
from oms import keys
from oms.api import KeyThrottle
from oms.models import Event
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/api/v1/customers/"


@pytest.fixture(autouse=True)
def full_buckets():
    KeyThrottle._buckets.clear()


@pytest.fixture
def call(client):
    """Call as the owner of a key with these scopes: call('get', path, data, scopes=[...])."""

    def call_(method, path, data=None, *, scopes=("customers:read",), channel=""):
        key, text = keys.create("Test", channel=channel, scopes=scopes)
        response = getattr(client, method)(
            path,
            data,
            headers={"Authorization": f"Api-Key {text}"},
            **({} if method == "get" else {"content_type": "application/json"}),
        )
        response.by = f"api-key:{key.prefix}"
        return response

    return call_


def test_detail_without_the_scope_holds_nothing_personal(ada, call):
    body = call("get", f"{PATH}{ada.number}/").json()

    assert body["number"] == ada.number
    assert (body["profile"], body["addresses"]) == (None, None)
    assert not Disclosure.objects.exists()


def test_detail_with_the_scope_is_read_and_recorded(ada, call):
    customers.add_address(ada, by="system", kind="billing", address=factories.LONDON)

    scopes = ["customers:read", "customers:read_personal"]
    response = call("get", f"{PATH}{ada.number}/", scopes=scopes)

    body = response.json()
    assert body["profile"]["email"] == "ada@example.com"
    assert body["addresses"][0]["postcode"] == "SW1Y 4JH"
    assert list(Disclosure.objects.values_list("reader", "what")) == [
        (response.by, f"customers.customer {ada.number}"),
        (response.by, f"customers.customer {ada.number} address"),
    ]


def test_detail_of_erased_customer_says_so(ada, call):
    customers.erase(ada.subject, by="system", reason="asked")

    body = call("get", f"{PATH}{ada.number}/", scopes=["*"]).json()

    assert (body["erased"], body["profile"]) == (True, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"email": "ADA@example.com"}, 1),
        ({"phone": "+44 20 7946 0001"}, 1),
        ({"name": "byron"}, 1),
        ({"email": "nobody@example.com"}, 0),
        ({"email": "ada@example.com", "name": "cora"}, 0),
        ({}, 2),
    ],
)
def test_list_finds_through_the_blind_index(ada, call, query, found):
    customers.identify([Party("Cora", "cora@example.com")], by="system")

    results = call("get", PATH, query).json()["results"]

    assert len(results) == found
    assert all(row["profile"] is None for row in results)


@pytest.mark.parametrize("number", ["C1", "%00", "x" * 500])
def test_detail_of_unknown_number_is_not_found(db, call, number):
    response = call("get", f"{PATH}{number}/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_any_number_of_rows(db, client, rows, django_assert_num_queries):
    customers.identify([Party(f"P {n}", f"p{n}@example.com") for n in range(rows)], by="system")
    _, text = keys.create("Test")
    headers = {"Authorization": f"Api-Key {text}"}
    client.get(PATH, headers=headers)

    with django_assert_num_queries(1):
        assert len(client.get(PATH, headers=headers).json()["results"]) == rows


def test_key_of_a_channel_sees_its_own_customers_alone(ada, call):
    order = factories.place(factories.shop("b"), ("MUG", 1), customer=factories.CORA)

    results = call("get", PATH, channel="b").json()["results"]

    assert [row["number"] for row in results] == [order.customer.number]
    assert call("get", f"{PATH}{ada.number}/", channel="b").status_code == 404


def test_key_of_a_channel_learns_nothing_that_another_channel_was_told(call):
    first = factories.place(factories.shop("a"), ("MUG", 1), customer=factories.CORA)
    personal = ["customers:read", "customers:read_personal", "customers:write"]
    path = f"{PATH}{first.customer.number}/"
    assert call("get", path, channel="a", scopes=personal).json()["profile"]["name"]

    other = factories.place(factories.shop("b"), ("MUG", 1), customer=factories.CORA)

    assert other.customer == first.customer
    answer = call("get", path, channel="b", scopes=personal).json()
    assert (answer["shared"], answer["profile"], answer["addresses"]) == (True, None, None)
    sent = {"name": "Mallory", "reason": "mine now"}
    refused = call("patch", path, sent, channel="b", scopes=personal)
    assert (refused.status_code, refused.json()["code"]) == (403, "customer_shared")
    assert call("get", path, scopes=personal).json()["profile"]["name"] == factories.CORA.name


def test_correction_changes_what_is_sent_and_nothing_else(ada, call):
    sent = {"email": "ada@new.example", "reason": "told by phone"}

    response = call("patch", f"{PATH}{ada.number}/", sent, scopes=["customers:write"])

    assert response.status_code == 200
    assert response.json()["profile"] is None
    ada.refresh_from_db()
    profile = queries.profile_of(ada)
    assert (profile["name"], profile["email"]) == ("Ada Byron", "ada@new.example")
    event = Event.objects.get(name="customer.corrected")
    assert (event.actor, event.facts) == (response.by, {"fields": ["email"]})


def test_correction_to_email_of_another_is_refused(ada, call):
    customers.identify([Party("Cora", "cora@example.com")], by="system")
    sent = {"email": "cora@example.com", "reason": "slip"}

    response = call("patch", f"{PATH}{ada.number}/", sent, scopes=["customers:write"])

    assert (response.status_code, response.json()["code"]) == (409, "email_taken")
    ada.refresh_from_db()
    assert queries.profile_of(ada)["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"name": "X"}, ""),
        ({"email": "no", "reason": "x"}, "/email"),
        ({"name": "", "reason": "x"}, "/name"),
    ],
)
def test_correction_that_does_not_fit_is_refused(ada, call, sent, pointer):
    response = call("patch", f"{PATH}{ada.number}/", sent, scopes=["customers:write"])

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer
    assert not Event.objects.exists()


def test_correction_with_reading_scope_is_refused(ada, call):
    response = call("patch", f"{PATH}{ada.number}/", {"name": "X", "reason": "x"})

    assert response.status_code == 403
    assert not Event.objects.exists()


def test_scope_for_personal_data_is_known_and_others_are_not(db):
    keys.check_scope("customers:read_personal")
    with pytest.raises(keys.UnknownScope):
        keys.check_scope("orders:read_personal")
