"""Drafts and quotes through the API."""

import re

import pytest
from django.core import mail as sent

from customers import operations as customers
from customers.models import Notification, NotificationTemplate
from inventory.models import StockLevel
from oms import keys
from oms.dispatch import drain
from oms.models import Event
from orders.models import Channel, DraftOrder, Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
WISH = {
    "currency": "GBP",
    "external_id": "Q-1",
    "customer": {"name": "Ada Byron", "email": "ada@example.com"},
    "shipping_address": world.LONDON,
    "lines": [{"sku": "MUG", "quantity": 2, "unit_price": "10.00"}],
    "charges": [{"type": "shipping", "amount": "4.95"}],
}


@pytest.fixture
def call(client, db):
    world.stocked("MUG", world.warehouse(), 10)
    world.shop(duplicate_window_minutes=0)
    key = keys.create("Shop", channel="shop")[1]

    def send(method, path, data=None, *, key=key, **headers):
        answer = getattr(client, method)(
            f"/api/v1/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}", **headers},
        )
        return answer.status_code, answer.json()

    return send


def send(call, at, key="once"):
    return call("post", f"{at}quote/sending/", **{"Idempotency-Key": key})


def test_key_of_a_channel_that_is_not_active_is_told_of_no_other(call):
    world.shop("market")
    Channel.objects.filter(code="shop").update(is_active=False)

    status, problem = call("post", "drafts/", WISH)

    assert status == 400
    assert "The channel shop is not active." in str(problem)
    assert "market" not in str(problem)


def test_draft_is_begun_once_changed_and_submitted_once(call):
    status, draft = call("post", "drafts/", WISH)
    assert (status, draft["status"], draft["total"]) == (201, "open", "24.95")
    assert (draft["lines"][0]["total"], draft["revision"]) == ("20.00", 1)
    assert call("post", "drafts/", WISH) == (200, draft)
    at = f"drafts/{draft['number']}/"
    status, problem = call("post", "drafts/", {**WISH, "lines": []})
    assert (status, problem["code"]) == (409, "external_id_reused")

    more = {**WISH, "lines": [{**WISH["lines"][0], "quantity": 3}], "revision": 1}
    status, draft = call("put", at, more)
    assert (status, draft["total"], draft["revision"]) == (200, "34.95", 2)
    status, problem = call("put", at, {**WISH, "revision": 1})
    assert (status, problem["code"]) == (409, "draft_changed")

    status, order = call("post", f"{at}submission/", {"pay_by": "cash_on_delivery"})
    assert (status, order["total"], order["stage"]) == (201, "34.95", "fulfilment")
    assert call("post", f"{at}submission/")[1]["number"] == order["number"]
    assert Order.objects.count() == 1
    status, draft = call("get", at)
    assert (draft["status"], draft["order"]) == ("submitted", order["number"])
    assert draft["allowed_actions"] == []
    assert_ledgers_hold()


def test_quote_gives_a_link_that_the_buyer_accepts(call, client):
    _, draft = call("post", "drafts/", WISH)
    at = f"drafts/{draft['number']}/"

    status, draft = call("post", f"{at}quote/", {"valid_until": "2099-01-01T00:00:00Z"})

    assert (status, draft["quote"]["valid_until"]) == (201, "2099-01-01T00:00:00Z")
    url = draft["quote"]["url"]
    assert client.post(url[url.index("/my/") :]).status_code == 200
    assert Order.objects.get().total == DraftOrder.objects.get().total


def test_quote_withdrawn_and_draft_discarded(call):
    _, draft = call("post", "drafts/", WISH)
    at = f"drafts/{draft['number']}/"
    call("post", f"{at}quote/", {"valid_until": "2099-01-01T00:00:00Z"})

    assert call("delete", f"{at}quote/")[1]["quote"] is None
    status, draft = call("delete", at, {"reason": "Changed their mind"})
    assert (status, draft["status"]) == (200, "discarded")
    status, problem = call("post", f"{at}submission/")
    assert (status, problem["code"]) == (409, "draft_ended")
    assert Order.objects.count() == 0


def test_list_shows_the_keys_own_drafts_by_a_fixed_number_of_questions(
    call, django_assert_num_queries
):
    world.shop("other")
    stranger = keys.create("Other", channel="other")[1]
    call("post", "drafts/", WISH)
    call("get", "drafts/")
    with django_assert_num_queries(LIST_QUERIES):
        call("get", "drafts/")
    call("post", "drafts/", {**WISH, "external_id": "Q-2"})
    call("post", "drafts/", {"currency": "GBP"})
    with django_assert_num_queries(LIST_QUERIES):
        _, page = call("get", "drafts/")

    assert len(page["results"]) == 3
    assert page["results"][0]["customer"] is None
    assert call("get", "drafts/", key=stranger)[1]["results"] == []
    assert call("get", f"drafts/{page['results'][0]['number']}/", key=stranger)[0] == 404
    assert call("get", "orders/")[1]["results"] == []


LIST_QUERIES = 3


def test_quote_is_mailed_with_its_link_in_the_buyers_language(call, client):
    Channel.objects.update(notifies_customers=True)
    germany = {**world.LONDON, "country": "DE", "postcode": "10115", "city": "Berlin"}
    _, draft = call("post", "drafts/", {**WISH, "shipping_address": germany})
    at = f"drafts/{draft['number']}/"
    assert send(call, at)[1]["code"] == "quote_ended"
    call("post", f"{at}quote/", {"valid_until": "2099-01-01T00:00:00Z"})

    status, shown = send(call, at)
    drain(webhooks=False)
    customers.send_due()

    assert (status, "send_quote" in shown["allowed_actions"]) == (201, True)
    (mail,) = sent.outbox
    assert (mail.to, mail.subject) == (["ada@example.com"], f"Unser Angebot {draft['number']}")
    assert "Versand  4,95" in mail.body
    assert "24,95" in mail.body
    assert "Diese Nachrichten abbestellen: http" in mail.body
    assert "Diese Nachrichten abbestellen</a>" in mail.alternatives[0].content
    stop = re.search(r"abbestellen: https?://\S+?(/my/messages/\S+)", mail.body)[1]
    assert "Nachrichten dieser Art abbestellen?" in client.get(stop).content.decode()
    assert "31. Dezember 2098" in mail.body  # the last day on which it stands
    link = re.search(r"https?://\S+(/my/quotes/\S+)", mail.body)[1]
    assert draft["number"] in client.get(link).content.decode()
    drain(webhooks=False)
    assert Notification.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("put", "", {**WISH, "lines": [{**WISH["lines"][0], "quantity": 3}]}),
        ("post", "submission/", None),
        ("delete", "", {"reason": "Changed their mind"}),
        ("delete", "quote/", None),
    ],
)
def test_quote_that_ends_before_the_mail_is_written_is_not_mailed(call, method, path, data):
    Channel.objects.update(notifies_customers=True)
    NotificationTemplate.objects.filter(event="order.placed").update(is_active=False)
    _, draft = call("post", "drafts/", WISH)
    at = f"drafts/{draft['number']}/"
    call("post", f"{at}quote/", {"valid_until": "2099-01-01T00:00:00Z"})
    assert send(call, at)[0] == 201

    assert call(method, f"{at}{path}", data)[0] in (200, 201)
    drain(webhooks=False)

    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("notifies", "email", "why"),
    [(False, "ada@example.com", "writes to its buyers itself"), (True, "", "No e-mail address")],
)
def test_quote_that_cannot_be_mailed_says_why(call, notifies, email, why):
    Channel.objects.update(notifies_customers=notifies)
    buyer = {"name": "Ada Byron", "email": email}
    _, draft = call("post", "drafts/", {**WISH, "customer": buyer})
    at = f"drafts/{draft['number']}/"
    call("post", f"{at}quote/", {"valid_until": "2099-01-01T00:00:00Z"})

    status, problem = send(call, at)

    assert (status, problem["code"]) == (409, "quote_not_sendable")
    assert why in problem["detail"]
    assert not Event.objects.filter(name="draft.quote_sent").exists()


def test_quote_without_a_template_is_not_said_to_be_on_its_way(call):
    Channel.objects.update(notifies_customers=True)
    NotificationTemplate.objects.filter(event="draft.quote_sent").update(is_active=False)
    _, draft = call("post", "drafts/", WISH)
    at = f"drafts/{draft['number']}/"
    call("post", f"{at}quote/", {"valid_until": "2099-01-01T00:00:00Z"})

    assert "switched off" in send(call, at)[1]["detail"]
    assert call("post", f"{at}quote/sending/")[1]["code"] == "repeat_not_recognisable"


def test_stock_is_kept_for_a_draft_and_given_back(call):
    _, draft = call("post", "drafts/", WISH)
    at = f"drafts/{draft['number']}/"

    status, kept = call("post", f"{at}stock/", {"until": "2099-01-01T00:00:00Z"})

    assert (status, call("get", f"reservations/{kept['reservation']}/")[0]) == (201, 200)
    assert StockLevel.objects.get().reserved == 2
    assert call("post", f"{at}stock/", {"until": "2001-01-01T00:00:00Z"})[1]["code"] == (
        "kept_into_the_past"
    )
    assert [call("delete", f"{at}stock/")[0] for _ in range(2)] == [200, 200]
    assert StockLevel.objects.get().reserved == 0
    assert call("get", at)[1]["reservation"] is None
    assert_ledgers_hold()


def test_draft_shows_what_is_written_anew_with_it(call):
    more = {"purchase_order_number": "PO-7", "priority": 5, "tags": ["vip"]}

    _, draft = call("post", "drafts/", {**WISH, **more})

    assert {name: draft[name] for name in more} == more
    assert draft["price_includes_tax"] is True
