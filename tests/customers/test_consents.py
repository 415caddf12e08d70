"""Consent and its proof: who said what, when, where, in which words, and that it was taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from customers import operations as customers
from customers import queries
from customers.enums import ConsentPurpose
from customers.models import Consent
from customers.operations import Party
from oms import keys
from oms.models import AppendOnlyError, Event
from tests import factories as world

BY = "user:1"
MAIL = ConsentPurpose.MARKETING_EMAIL
ASKED = {"source": "checkout", "wording": "May we write to you?"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(ada):
    """Ada under another number."""
    second = customers.identify([Party("Ada Again", "again@example.com")], by=BY)[0]
    customers.merge(second, into=ada, by=BY, reason="same")
    second.refresh_from_db()
    return second


def stands(customer):
    return queries.has_consented(customer.pk, MAIL)


def test_consent_keeps_the_proof(ada):
    said = timezone.now() - timedelta(days=3)

    row = customers.give_consent(ada, MAIL, by=BY, version="news 3", said_at=said, **ASKED)

    assert (row.source, row.wording, row.version) == ("checkout", ASKED["wording"], "news 3")
    assert (row.by, row.when, row.at > said) == (BY, said, True)
    event = Event.objects.get(name="customer.consent_given")
    assert event.facts == {"purpose": MAIL, "source": "checkout", "version": "news 3"}


def test_same_words_have_the_same_version(ada):
    made = [
        customers.give_consent(ada, MAIL, by=BY, source="form", wording=wording).version
        for wording in ("May we?", " May  we? ", "May we also?")
    ]

    assert made[0] == made[1] != made[2]
    assert len(made[0]) == 12


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"wording": " "}, customers.WordingMissing),
        ({"source": " "}, customers.ConsentUnproven),
        ({"said_at": timezone.now() + timedelta(days=1)}, customers.ConsentUnproven),
    ],
)
def test_consent_without_proof_is_refused(ada, change, error):
    with pytest.raises(error):
        customers.give_consent(ada, MAIL, by=BY, **(ASKED | change))

    assert not Consent.objects.exists()
    assert not Event.objects.filter(name="customer.consent_given").exists()


def test_erased_person_agrees_to_nothing(ada):
    customers.erase(ada.subject, by=BY, reason="asked")

    with pytest.raises(customers.SubjectErased):
        customers.give_consent(ada, MAIL, by=BY, **ASKED)

    assert not Consent.objects.exists()


def test_withdraw_consent_never_given_changes_nothing(ada):
    row = customers.withdraw_consent(ada, MAIL, by=BY, source="call")

    assert (row, Consent.objects.count()) == (None, 0)


def test_consent_is_never_changed(ada):
    row = customers.give_consent(ada, MAIL, by=BY, **ASKED)
    row.granted = False

    with pytest.raises(AppendOnlyError):
        row.save()


@pytest.mark.parametrize("breach", [{"purpose": "spying"}, {"wording": ""}, {"source": ""}])
def test_database_wants_the_proof(ada, breach):
    sound = {"customer": ada, "purpose": MAIL, "granted": True, "by": BY, **ASKED}

    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(**(sound | breach))


def test_what_was_said_last_counts_and_not_what_was_written_down_last(ada):
    now = timezone.now()
    customers.give_consent(ada, MAIL, by=BY, said_at=now - timedelta(days=9), **ASKED)
    customers.withdraw_consent(ada, MAIL, by=BY, source="mail", said_at=now - timedelta(days=2))
    customers.give_consent(ada, MAIL, by=BY, said_at=now - timedelta(days=5), **ASKED)

    assert not stands(ada)
    assert [row.granted for row in queries.consent_history(ada)] == [False, True, True]
    assert [row.granted for row in queries.consents_of(ada)] == [False]


def test_person_is_asked_once_under_all_numbers(ada, other):
    customers.give_consent(ada, MAIL, by=BY, **ASKED)
    both = (stands(ada), stands(other))

    customers.withdraw_consent(other, MAIL, by=BY, source="mail")

    assert both == (True, True)
    assert (stands(ada), stands(other)) == (False, False)
    assert [row.customer for row in queries.consent_history(ada)] == [other, ada]


def test_page_shows_what_stands_and_everything_that_was_said(ada, sign_in):
    client = sign_in("Support")
    page = reverse("admin:customers_customer_change", args=[ada.pk])
    assert "no marketing is sent" in client.get(page).text

    def act(name, **data):
        path = reverse("admin:customers_customer_act", args=[ada.pk, name])
        return client.post(path, {"act": name, "purpose": "marketing_email", **data})

    act("give_consent", **ASKED, version="news 3", said_at="2026-01-02 10:00")
    act("withdraw_consent", source="phone call")

    text = client.get(page).text
    for shown in ("May we write to you?", "words news 3", "phone call", "2 Jan", "support"):
        assert shown in text, shown
    assert "Everything that was said (2)" in " ".join(text.split()).replace("</summary>", "")


def test_api_records_and_proves(client, ada):
    path = f"/api/v1/customers/{ada.number}/consents/"
    scopes = ["customers:read", "customers:write"]
    auth = {"Authorization": f"Api-Key {keys.create('T', scopes=scopes)[1]}"}
    send = {"content_type": "application/json", "headers": auth}
    yes = {"purpose": "marketing_email", "granted": True, "said_at": "2026-01-02T10:00:00Z"} | ASKED
    no = {"purpose": "marketing_email", "granted": False, "source": "account page"}

    assert client.post(path, no, **send).status_code == 204
    made = client.post(path, yes, **send)
    taken = client.post(path, no, **send)
    wordless = client.post(path, yes | {"wording": ""}, **send)
    unknown = client.post(path, yes | {"purpose": "spying"}, **send)

    assert (made.status_code, taken.status_code) == (201, 201)
    assert (wordless.status_code, wordless.json()["code"]) == (409, "wording_missing")
    assert unknown.status_code == 400
    rows = client.get(path, headers=auth).json()
    assert [row["granted"] for row in rows] == [False, True]
    assert rows[1]["said_at"] == "2026-01-02T10:00:00Z"
    assert rows[1]["by"].startswith("api-key:")


def test_api_key_of_one_channel_reads_no_consents_of_whoever_buys_elsewhere(client):
    shop, market = world.shop(), world.shop("market")
    order = world.place(shop, ("MUG", 1))
    world.place(market, ("MUG", 1))
    made = keys.create("T", channel="shop", scopes=["customers:read", "customers:write"])[1]
    path = f"/api/v1/customers/{order.customer.number}/consents/"
    auth = {"Authorization": f"Api-Key {made}"}

    answer = client.get(path, headers=auth)

    assert (answer.status_code, answer.json()["code"]) == (403, "customer_shared")
    said = {"purpose": "marketing_email", "granted": True} | ASKED
    response = client.post(path, said, content_type="application/json", headers=auth)
    assert response.status_code == 201
