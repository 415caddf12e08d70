"""Companies, buyers, payment terms and price lists as another system keeps them."""

from decimal import Decimal

import pytest

from customers import operations as customers
from customers.models import Buyer, Company, Customer, PaymentTerms, Segment
from oms import keys
from oms.models import Event
from orders.models import PriceList
from orders.operations import PlacedPayment
from tests import factories as world

pytestmark = pytest.mark.django_db
COMPANY = {
    "name": "Engines Ltd",
    "tax_id": "GB123",
    "terms": "net-30",
    "credit_limit": "100.00",
    "credit_currency": "GBP",
    "needs_purchase_order": True,
}


@pytest.fixture
def ask(client):
    texts = {}

    def send(method, path, body=None, **key):
        name = str(key)
        if name not in texts:
            texts[name] = keys.create("ERP", **key)[1]
        headers = {"Authorization": f"Api-Key {texts[name]}"}
        call = getattr(client, method)
        url = f"/api/v1/{path}"
        if body is None:
            return call(url, headers=headers)
        return call(url, body, content_type="application/json", headers=headers)

    return send


def test_company_is_made_brought_in_line_and_a_repeat_changes_nothing(ask):
    made = ask("put", "companies/ENGINES/", COMPANY)
    again = ask("put", "companies/ENGINES/", COMPANY)
    other = ask("put", "companies/ENGINES/", {**COMPANY, "name": "Engines", "terms": None})

    assert [answer.status_code for answer in (made, again, other)] == [201, 200, 200]
    assert made.json() == again.json()
    assert (made.json()["terms"], made.json()["credit"][0]["limit"]) == ("net-30", "100.00")
    [listed] = ask("get", "companies/").json()["results"]
    assert (listed["name"], listed["terms"], listed["credit_limit"]) == ("Engines", None, "100.00")
    names = Event.objects.filter(subject_type="customers.company").order_by("pk")
    assert list(names.values_list("name", flat=True)) == [
        "company.registered", "company.terms_set", "company.changed", "company.terms_set",
    ]  # fmt: skip
    assert Company.history.filter(code="ENGINES").count() == 4


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"parent": "NOWHERE"}, "/parent"),
        ({"parent": "ENGINES"}, "/parent"),
        ({"terms": "never"}, "/terms"),
        ({"credit_currency": ""}, "/credit_currency"),
        ({"credit_limit": "-1"}, "/credit_limit"),
        ({"credit_limit": None, "shares_credit": True}, "/shares_credit"),
    ],
)
def test_company_that_cannot_be_is_refused_with_a_pointer_and_nothing_changes(ask, wrong, pointer):
    ask("put", "companies/ENGINES/", COMPANY)

    answer = ask("put", "companies/ENGINES/", {**COMPANY, "name": "Other", **wrong})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert Company.objects.get().name == "Engines Ltd"
    assert Event.objects.filter(name="company.changed").count() == 0


def test_what_an_inactive_company_orders_on_account_waits(ask):
    world.stocked("MUG", world.warehouse(), 9)
    shop = world.shop(duplicate_window_minutes=0)
    sent = {"name": "Engines", "active": True}
    ask("put", "companies/ENGINES/", sent)
    ask("put", "companies/SMALL/", {"name": "Small", "parent": "ENGINES", "shares_credit": True})
    person = {"name": "Ada Byron", "email": "ada@example.com"}
    ask("post", "companies/SMALL/buyers/", person)

    def order():
        payment = PlacedPayment("on_account", Decimal(10), "pending")
        placed = world.place(shop, ("MUG", 1), payments=(payment,))
        return list(placed.holds.values_list("type__code", flat=True))

    assert order() == []
    ask("put", "companies/ENGINES/", {**sent, "active": False})
    assert order() == ["credit_limit"]
    assert ask("get", "companies/ENGINES/").json()["active"] is False
    ask("put", "companies/ENGINES/", sent)
    assert order() == []


def test_buyers_are_found_or_made_moved_and_taken_out(ask):
    ask("put", "companies/ENGINES/", COMPANY)
    person = {"name": "Ada Byron", "email": "ada@example.com", "order_limit": "50"}

    first = ask("post", "companies/ENGINES/buyers/", person).json()
    second = ask("post", "companies/ENGINES/buyers/", person).json()

    assert first == second == {
        "customer": Customer.objects.get().number, "company": "ENGINES", "role": "buyer",
        "order_limit": "50.00", "period_limit": None, "period_days": 30,
    }  # fmt: skip
    assert Event.objects.filter(name="customer.buyer_set").count() == 1
    assert ask("get", "companies/ENGINES/buyers/").json() == [first]
    path = f"customers/{first['customer']}/buyer/"
    approver = ask("put", path, {"company": "ENGINES", "role": "approver"}).json()
    assert (approver["role"], approver["order_limit"]) == ("approver", None)
    wrong = ask("put", path, {"company": "NOWHERE"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/company")
    below = ask("put", path, {"company": "ENGINES", "order_limit": "-1"})
    assert below.status_code == 422
    assert Buyer.objects.get().role == "approver"
    assert ask("put", path, {"company": None}).json()["company"] is None
    assert not Buyer.objects.exists()
    nameless = ask("post", "companies/ENGINES/buyers/", {"name": "Nobody"})
    assert nameless.status_code == 422


def test_who_buys_for_nobody_loses_role_and_limits_and_it_is_told_once(ask):
    ask("put", "companies/ENGINES/", COMPANY)
    person = {"name": "Ada Byron", "email": "ada@example.com", "role": "approver"}
    number = ask("post", "companies/ENGINES/buyers/", person).json()["customer"]
    Customer.objects.update(company=None)  # taken out of it by another act; the role was left

    answers = [ask("put", f"customers/{number}/buyer/", {"company": None}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert not Buyer.objects.exists()
    [ended] = Event.objects.filter(name="customer.buyer_ended")
    assert (ended.subject_id, ended.facts["role"]) == (Customer.objects.get().pk, "approver")


def test_limits_keep_every_decimal_when_they_are_read_and_put_back(ask):
    sent = {**COMPANY, "credit_limit": "100.125", "credit_currency": "KWD"}
    ask("put", "companies/ENGINES/", sent)
    person = {
        "name": "Ada",
        "email": "ada@example.com",
        "order_limit": "7.005",
        "period_limit": "9",
    }
    buyer = ask("post", "companies/ENGINES/buyers/", person).json()
    [company] = ask("get", "companies/").json()["results"]

    assert company["credit_limit"] == "100.125"
    assert (buyer["order_limit"], buyer["period_limit"]) == ("7.005", "9.00")
    kept = {name: company[name] for name in sent}
    assert ask("put", "companies/ENGINES/", kept).status_code == 200
    assert Company.objects.get().credit_limit == Decimal("100.125")
    assert Company.history.filter(code="ENGINES").count() == 2


def test_payment_terms_and_price_lists_are_kept_by_their_codes(ask):
    world.shop()
    ask("put", "companies/ENGINES/", COMPANY)
    terms = {"name": "45 days", "days": 45, "discount_percent": "2", "discount_days": 10}
    prices = {"name": "Engines", "currency": "GBP", "company": "ENGINES", "rank": 5}

    for path, sent in (("payment-terms/net-45/", terms), ("price-lists/engines/", prices)):
        answers = [ask("put", path, sent) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json() == answers[1].json()
        assert ask("put", path, {**sent, "active": False}).json()["active"] is False

    assert PaymentTerms.objects.get(code="net-45").days == 45
    assert (PriceList.objects.get().company.code, PriceList.objects.get().is_active) == (
        "ENGINES", False,
    )  # fmt: skip
    assert PriceList.history.count() == 2
    assert [row["code"] for row in ask("get", "price-lists/").json()] == ["engines"]
    assert "net-45" in [row["code"] for row in ask("get", "payment-terms/").json()]
    for path, sent, pointer in (
        ("price-lists/engines/", {**prices, "group": "vip"}, ""),
        ("price-lists/engines/", {**prices, "channel": "nowhere"}, "/channel"),
        ("price-lists/engines/", {**prices, "currency": "XXQ"}, "/currency"),
        ("payment-terms/net-45/", {**terms, "discount_percent": "100"}, ""),
    ):
        answer = ask("put", path, sent)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_price_list_of_a_segment_says_so_and_can_be_made_everybodys(ask, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    names = ("regulars", "over", "gone")
    regulars, over, gone = (
        Segment.objects.create(code=name, name=name.title(), created_by=world.BY) for name in names
    )
    sent = {"name": "Friends", "currency": "GBP", "segment": "over"}
    first = ask("put", "price-lists/friends/", sent).json()
    for segment in (over, gone):
        customers.end_segment(segment, by=world.BY, reason="over")

    assert first["segment"] == "over"
    assert ask("get", "price-lists/").json() == [first]
    assert ask("put", "price-lists/friends/", sent).json() == first  # kept, though it ended
    for wrong, pointer in (("gone", "/segment"), ("nowhere", "/segment")):
        answer = ask("put", "price-lists/friends/", {**sent, "segment": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    row = PriceList.objects.get()
    assert row.segment == over
    for page, offered in (("add/", {regulars}), (f"{row.pk}/change/", {regulars, over})):
        form = admin_client.get(f"/admin/orders/pricelist/{page}").context["adminform"].form
        assert set(form.fields["segment"].queryset) == offered
    moved = ask("put", "price-lists/friends/", {**sent, "segment": None, "group": "vip"}).json()
    assert (moved["segment"], moved["group"]) == (None, "vip")


def test_only_keys_of_all_channels_with_the_scope_keep_companies(ask):
    world.shop()
    calls = [
        ("put", "companies/ENGINES/", COMPANY),
        ("put", "payment-terms/net-45/", {"name": "45 days"}),
        ("put", "price-lists/engines/", {"name": "Engines", "currency": "GBP"}),
    ]

    for method, path, body in calls:
        assert ask(method, path, body, channel="shop").status_code == 403
        assert ask(method, path, body, scopes=["customers:write"]).status_code == 403
        assert ask(method, path, body, scopes=["terms:write"]).status_code == 201
    assert ask("get", "companies/", scopes=["terms:write"]).status_code == 403
    refused = ask("get", "companies/", channel="shop")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "This concerns every channel; this key is for one.",
    )
