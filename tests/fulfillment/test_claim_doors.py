"""Claims by the back office and by the API: the same refusals, the same money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, Claim, ClaimTerms, ReturnPolicy
from oms import keys
from oms.models import User
from reporting.queries import exports
from tests import factories as world
from tests.fulfillment.test_admin import press
from tests.fulfillment.test_claims import asked, claim
from tests.ledgers import assert_ledgers_hold

BY = world.BY


@pytest.fixture
def call(client):
    key = keys.create(
        "Claims", channel="shop", scopes=["claims:write", "returns:write", "bank:write"]
    )[1]

    def send(path, data=None, key=key):
        how = client.get if data is None else client.post
        answer = how(
            f"/api/v1/claims/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    return send


def filled(shipment, **more):
    line = shipment.order.lines.get()
    return {
        "kind": "lost", "amount": "30", "evidence": "No scan", "remedy": "nothing",
        f"line_{line.pk}": 3, **more,
    }  # fmt: skip


def test_clerk_takes_a_claim_from_the_order_page_to_its_money(sent, as_role):
    client = as_role("Operations")
    order_page = reverse("admin:orders_order_change", args=[sent.order_id])
    form = reverse("admin:fulfillment_shipment_act", args=[sent.pk, "open_claim"])
    assert form in client.get(order_page).content.decode()
    page = client.get(form).content.decode()
    assert "in the shipment, and in no claim" in page
    assert 'value="30.00"' in page

    answer = client.post(form, {"act": "open_claim", **filled(sent)}, follow=True)

    made = Claim.objects.get()
    assert made.number in answer.content.decode()
    assert form not in client.get(order_page).content.decode()
    assert "with Royal Mail" in press(client, made, "send", carrier_reference="RM-7")[0]
    assert "10.00 to come" in press(client, made, "answer", accepted="10", answer="Weight")[0]
    url = reverse("admin:fulfillment_claim_act", args=[made.pk, "book"])
    assert client.get(url).status_code == 403
    due = client.get(reverse("admin:fulfillment_claims_due")).content.decode()
    assert made.number in due
    client = as_role("Finance")
    assert "0.00 left" in press(client, made, "book", amount="10", reference="P1")[0]
    shown = client.get(reverse("admin:fulfillment_claim_change", args=[made.pk])).content.decode()
    assert "RM-7" in shown
    entry = made.entries.get().pk
    assert "owed again" in press(client, made, "undo", entry=entry, reason="Not ours")[0]
    made.refresh_from_db()
    assert (made.status, made.received) == ("partly_accepted", 0)
    assert_ledgers_hold()


def test_role_gives_away_only_what_it_may(sent, as_role):
    client = as_role("Warehouse")

    said = press(client, sent, "open_claim", **filled(sent, remedy="replacement"))
    assert said == ["Your role may not give that to the buyer; open the claim without it."]
    press(client, sent, "open_claim", **filled(sent, remedy="refund", waiver="Please"))
    assert not Claim.objects.exists()
    press(client, sent, "open_claim", **filled(sent))

    made = Claim.objects.get()
    assert (
        reverse("admin:fulfillment_claim_act", args=[made.pk, "send"])
        not in client.get(
            reverse("admin:fulfillment_claim_change", args=[made.pk])
        ).content.decode()
    )


def test_list_of_claims_costs_the_same_for_one_and_three(sent, as_role, django_assert_num_queries):
    client = as_role("Auditor")
    claim(sent, units=1, amount=10)
    for page in ("/admin/fulfillment/claim/?status=open", "/admin/fulfillment/claim/due/"):
        client.get(page)
    with django_assert_num_queries(7):
        client.get("/admin/fulfillment/claim/?status=open")
    with django_assert_num_queries(7):
        client.get("/admin/fulfillment/claim/due/")
    claim(sent, units=1, amount=10)
    claim(sent, units=1, amount=10)
    with django_assert_num_queries(7):
        three = client.get("/admin/fulfillment/claim/?status=open")
    with django_assert_num_queries(7):
        client.get("/admin/fulfillment/claim/due/")
    assert len(three.context["cl"].result_list) == 3


def test_empty_pages_say_what_to_do(db, as_role):
    client = as_role("Operations")

    assert (
        "No carrier owes anything" in client.get("/admin/fulfillment/claim/due/").content.decode()
    )
    assert (
        "No carrier was made to answer yet"
        in client.get("/admin/fulfillment/claim/").content.decode()
    )
    terms = client.get("/admin/fulfillment/claimterms/").content.decode()
    assert "Without terms a claim has no last day" in terms


def test_terms_are_kept_by_operations_and_need_a_rate_for_a_convention(sent, as_role):
    client = as_role("Operations")
    carrier = sent.carrier_id
    days = {f"{name}_days": 9 for name in ("lost_after", "loss", "damage", "delay", "answer")}
    form = {"carrier": carrier, "valid_from": "2026-11-01", "currency": "GBP", **days}

    refused = client.post("/admin/fulfillment/claimterms/add/", {**form, "convention": "cmr"})
    client.post(
        "/admin/fulfillment/claimterms/add/", {**form, "convention": "cmr", "sdr_rate": "1.05"}
    )

    assert "say what one is worth" in refused.content.decode()
    assert ClaimTerms.objects.get(convention="cmr").loss_days == 9
    assert "CMR (by road)" in client.get("/admin/fulfillment/claimterms/").content.decode()


def test_api_opens_once_and_books_what_was_accepted(sent, floor, call):
    ReturnPolicy.objects.create(name="Keep", channel=floor.channel, keep_limit=20)
    wanted = {
        "shipment": sent.number, "kind": "lost", "amount": "20.00", "evidence": "No scan",
        "lines": [{"line": 1, "quantity": 2}], "parcel": 1, "remedy": "refund", "reference": "W1",
    }  # fmt: skip

    status, made = call("", wanted)
    assert status == 201, made
    assert (made["parcel"], made["liable"], made["remedy"], made["rma"]) == (
        1, "10.80", "refund", Claim.objects.get().credit.number,
    )  # fmt: skip
    assert made["lines"] == [{"line": 1, "sku": "MUG", "quantity": 2}]
    assert call("", wanted)[1]["number"] == made["number"]
    number = made["number"]
    assert call(f"{number}/sending/", {"carrier_reference": "RM"})[1]["status"] == "sent"
    assert call(f"{number}/answer/", {"accepted": "20"})[1]["allowed_actions"] == [
        "book", "write_off",
    ]  # fmt: skip
    for _ in range(2):
        status, paid = call(f"{number}/receipts/", {"amount": "20", "reference": "P1"})
        assert (status, paid["status"], paid["received"]) == (201, "paid", "20.00")
    assert call(f"{number}/withdrawal/", {"reason": "x"})[1]["code"] == "illegal_move"
    assert [row["number"] for row in call("?status=paid")[1]["results"]] == [number]
    assert call(f"{number}/")[1]["allowed_actions"] == ["undo"]
    wrong = {"reference": "P1", "reason": "Another claim's"}
    assert call(f"{number}/receipts/undoing/", {**wrong, "reference": "P2"})[0] == 400
    undone = call(f"{number}/receipts/undoing/", wrong)[1]
    assert (undone["status"], undone["received"], undone["paid_at"]) == ("accepted", "0.00", None)
    assert call(f"{number}/receipts/undoing/", wrong)[1]["code"] == "entry_undone"
    clerk = keys.create("Clerk", channel="shop", scopes=["claims:write"])[1]
    paid = {"amount": "20", "reference": "P1"}
    assert call(f"{number}/receipts/", paid, key=clerk)[0] == 403
    assert call(f"{number}/receipts/undoing/", wrong, key=clerk)[0] == 403
    assert call(f"{number}/receipts/", paid)[1]["status"] == "paid"
    assert_ledgers_hold()


def test_api_refuses_without_scope_and_what_it_cannot_find(sent, call):
    wanted = {
        "shipment": sent.number, "kind": "lost", "amount": "20", "evidence": "No scan",
        "lines": [{"line": 1, "quantity": 2}],
    }  # fmt: skip
    usual = keys.create("Usual", channel="shop", scopes=keys.USUAL)[1]
    assert call("", wanted, key=usual)[0] == 403
    assert call("", {**wanted, "remedy": "replacement"})[0] == 403
    assert call("", {**wanted, "shipment": "SH1"})[0] == 400
    assert call("", {**wanted, "parcel": 2})[0] == 400
    assert call("", {**wanted, "kind": "late"})[1]["code"] == "not_claimable"
    seen = call("", {**wanted, "lines": [], "dry_run": True})[1]
    assert [row["quantity"] for row in seen["claim"]["lines"]] == [3]
    world.shop("other")
    made = fulfillment.open_claim(sent, by=BY, asked=asked(sent, amount=Decimal(30)))
    stranger = keys.create("Other", channel="other", scopes=["claims:read"])[1]
    assert call(f"{made.number}/", key=stranger)[0] == 404


def test_list_narrows_by_carrier_state_and_age(sent, as_role):
    client = as_role("Finance")
    new, old, oldest = (claim(sent, units=1, amount=10) for _ in range(3))
    for made, days in ((old, 31), (oldest, 91)):
        Claim.objects.filter(pk=made.pk).update(opened_at=timezone.now() - timedelta(days=days))
    fulfillment.send_claim(old, by=BY)
    other = Carrier.objects.create(code="dhl", name="DHL")
    Claim.objects.filter(pk=oldest.pk).update(carrier=other)

    def shown(query):
        rows = client.get(f"/admin/fulfillment/claim/?{query}").context["cl"].result_list
        return [row.number for row in rows]

    assert shown("") == [oldest.number, old.number, new.number]
    assert [shown(f"age={band}") for band in range(4)] == [
        [new.number], [old.number], [], [oldest.number],
    ]  # fmt: skip
    assert shown("age=x") == shown("")
    assert shown(f"carrier__id__exact={other.pk}") == [oldest.number]
    assert shown("status=sent&age=1") == [old.number]
    export = "/admin/export/fulfillment.claim/"
    assert export in client.get("/admin/fulfillment/claim/").content.decode()
    rows = exports.listed("fulfillment.claim", "age=3", User.objects.get(username="finance"))
    assert [row.number for row in rows] == [oldest.number]
