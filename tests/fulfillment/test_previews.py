"""What a return, an exchange or a claim would do, said before anything of it is done."""

from decimal import Decimal

import pytest
from django.urls import reverse

from fulfillment import operations as fulfillment
from fulfillment.models import Claim, Exchange, Return, ReturnPolicy
from fulfillment.queries.expecting import expected_credit
from inventory import operations as inventory
from inventory.models import StockLevel
from oms import keys
from oms.models import Event
from orders import operations as orders
from orders.models import Order, Payment
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def call(client, sent):
    key = keys.create("ERP", scopes=["returns:write", "claims:write", "orders:write"])[1]

    def post(path, **data):
        answer = client.post(
            f"/api/v1/{path}/",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    return post


@pytest.fixture
def order(sent):
    sent.order.refresh_from_db()
    return sent.order


@pytest.fixture
def terms(order):
    return ReturnPolicy.objects.create(name="Fees", fee_percent=15, approves_itself=True)


def everything():
    tables = (Order, Return, Exchange, Claim, Event, StockLevel, Payment)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def said(answer):
    return answer.context["said"]


def moved(order, handle=""):
    orders.place_hold(order, by=BY, kind="other", reason="Wait", handle=handle)


def form(order, units=1, **more):
    line = order.lines.get().pk
    return {f"line_{line}": units, "reason": "unwanted", "state": "", "note": "", **more}


# --- Returns ----------------------------------------------------------------------------------


def test_return_shows_what_is_kept_and_what_the_buyer_would_get(order, terms, admin_client):
    url = reverse("admin:fulfillment_request_return", args=[order.pk])
    before = everything()

    shown = admin_client.post(url, form(order, 2, preview="1"))

    assert said(shown) == {
        "Return": "approved at once",
        "Goes back to": "LON",
        "Way back paid by": "Us",
        "Waited for until": said(shown)["Waited for until"],
        "Worth": "£20.00",
        "Restocking fee": "-£3.00",
        "To the buyer, when all is accepted": "£17.00",
        "Credited": "When the goods are here",
    }
    assert everything() == before


def test_return_credited_on_approval_shows_the_money_of_the_order(order, terms, admin_client):
    terms.refund_on = "approval"
    terms.save()
    url = reverse("admin:fulfillment_request_return", args=[order.pk])

    shown = admin_client.post(url, form(order, 1, preview="1"))

    rows = {row.label: row.after for row in shown.context["figures"]}
    assert rows["Owed"] == "£8.50 to the buyer"
    assert said(shown)["Credited now"] == "£8.50"


def test_return_outside_the_policy_says_why_and_what_is_lacking(order, terms, admin_client):
    terms.least_state = "unopened"
    terms.save()
    url = reverse("admin:fulfillment_request_return", args=[order.pk])

    lacking = admin_client.post(url, form(order, 0, preview="1"))
    shown = admin_client.post(url, form(order, 1, preview="1", state="used"))

    assert "Say how many units come back." in lacking.content.decode()
    assert shown.context["refusal"]
    assert not Return.objects.exists()


def test_return_is_refused_when_the_order_is_not_what_was_looked_at(order, terms, admin_client):
    url = reverse("admin:fulfillment_request_return", args=[order.pk])
    base = admin_client.post(url, form(order, preview="1")).context["base"]
    moved(order)
    before = everything()

    answer = admin_client.post(url, form(order, base=base))

    assert "has changed meanwhile" in answer.content.decode()
    assert everything() == before


def test_return_dry_run_and_seen(call, order, terms):
    asked = {
        "order": order.number,
        "lines": [{"line": 1, "quantity": 2}],
        "reason": "unwanted",
        "reference": "RMA-7",
    }
    before = everything()

    status, seen = call("returns", **asked, dry_run=True)

    assert (status, seen["refusal"], seen["rma"]["status"]) == (200, None, "approved")
    assert (seen["rma"]["expected"], seen["rma"]["refund"]) == ("17.00", "0.00")
    assert everything() == before
    moved(order)
    assert call("returns", **asked, seen=seen["seen"])[1]["code"] == "order_moved"
    again = call("returns", **asked, dry_run=True)[1]["seen"]
    status, made = call("returns", **asked, seen=again)
    assert (status, made["expected"]) == (201, "17.00")
    moved(order, "Once more")
    assert call("returns", **asked, seen=again)[1]["number"] == made["number"]


def test_two_clerks_do_not_ask_for_the_same_return_that_both_have_seen(order, terms, admin_client):
    """A return that is credited later leaves the order itself untouched."""
    url = reverse("admin:fulfillment_request_return", args=[order.pk])
    bases = [admin_client.post(url, form(order, preview="1")).context["base"] for _ in range(2)]

    first, second = (admin_client.post(url, form(order, base=base)) for base in bases)

    assert first.status_code == 302
    assert "has changed meanwhile" in second.content.decode()
    assert Return.objects.count() == 1


def test_form_that_was_never_complete_is_refused_too_when_the_order_moved(
    order, terms, admin_client
):
    url = reverse("admin:fulfillment_request_return", args=[order.pk])
    base = admin_client.post(url, form(order, 0, preview="1")).context["base"]
    moved(order)

    answer = admin_client.post(url, form(order, base=base))

    assert "has changed meanwhile" in answer.content.decode()
    assert not Return.objects.exists()


@pytest.mark.parametrize(
    ("scope", "path", "asked"),
    [
        ("returns:write", "returns", {"reason": "unwanted"}),
        ("claims:write", "claims", {"kind": "lost", "amount": "5.00", "evidence": "No scan"}),
    ],
)
def test_dry_run_shows_no_order_to_a_key_that_may_not_read_it(order, client, scope, path, asked):
    key = keys.create("Parcels", scopes=[scope])[1]
    about = (
        {"order": order.number} if path == "returns" else {"shipment": order.shipments.get().number}
    )
    sent = {**about, **asked, "lines": [{"line": 1, "quantity": 1}], "dry_run": True}

    seen = client.post(
        f"/api/v1/{path}/",
        sent,
        content_type="application/json",
        headers={"Authorization": f"Api-Key {key}"},
    ).json()

    assert (seen["before"], seen["after"], seen["others"]) == (None, None, {})
    assert (seen["refusal"], seen["seen"] > 0) == (None, True)


def test_dry_run_answers_though_a_part_of_the_act_was_tried_again(call, order, monkeypatch):
    real, tries = inventory.reserve, []

    def taken_at_first(*args, **more):
        tries.append(1)
        if len(tries) == 1:
            raise inventory.StockTaken
        return real(*args, **more)

    monkeypatch.setattr(inventory, "reserve", taken_at_first)
    lines = [{"line": 1, "quantity": 1, "sku": "CUP"}]

    status, seen = call(
        "exchanges", order=order.number, lines=lines, reason="wrong_item", dry_run=True
    )

    assert (status, seen["refusal"], len(tries)) == (200, None, 2)


def test_return_dry_run_that_is_refused_is_an_answer(call, order):
    asked = {"order": order.number, "lines": [{"line": 1, "quantity": 9}], "reason": "unwanted"}

    status, seen = call("returns", **asked, dry_run=True)

    assert (status, seen["after"], seen["rma"]) == (200, None, None)
    assert seen["refusal"]["code"] == "not_returnable"


def test_expected_credit_follows_what_became_of_the_units(order, terms):
    line = order.lines.get()
    document = fulfillment.request_return(
        order, by=BY, wishes={line.pk: fulfillment.Wish(3, "unwanted")}
    )

    def still():
        fresh = Return.objects.select_related("order").get(pk=document.pk)
        rows = fresh.lines.select_related("order_line")
        return expected_credit(fresh, rows).refund, fresh.refunded

    assert still() == (Decimal("25.50"), 0)
    row = document.lines.get()
    fulfillment.receive(document, by=BY, outcomes={row.pk: {"restock": 1, "send_back": 1}})
    assert still() == (Decimal("8.50"), Decimal("8.50"))
    fulfillment.give_up_rest(document, by=BY, reason="Lost")
    assert still() == (0, Decimal("8.50"))


# --- Recall and cancel ------------------------------------------------------------------------


def test_recall_and_cancel_is_seen_before_it_is_done_and_refused_when_the_order_moved(
    floor, admin_client
):
    order, _ = floor.work(("MUG", 2))
    url = reverse("admin:fulfillment_cancel_order", args=[order.pk])
    before = everything()

    shown = admin_client.post(url, {"reason": "customer", "note": "", "preview": "1"})
    rows = {row.label: row.after for row in shown.context["figures"]}
    assert (rows["Total"], rows["Status"]) == ("£0.00", "cancelled")
    assert everything() == before
    moved(order)
    base = shown.context["base"]
    answer = admin_client.post(url, {"reason": "customer", "note": "", "base": base})

    assert "has changed meanwhile" in answer.content.decode()
    order.refresh_from_db()
    assert order.status == "confirmed"


def test_recall_dry_run_and_seen(floor, client):
    order, _ = floor.work(("MUG", 2))
    key = keys.create("WMS", scopes=["fulfillment:write", "orders:read"])[1]

    def recall(**more):
        answer = client.post(
            f"/api/v1/orders/{order.number}/recall/",
            {"reason": "customer", **more},
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    before = everything()
    status, seen = recall(dry_run=True)

    assert (status, seen["after"]["status"], seen["refusal"]) == (200, "cancelled", None)
    assert everything() == before
    moved(order)
    assert recall(seen=seen["seen"])[1]["code"] == "order_moved"
    assert recall(seen=recall(dry_run=True)[1]["seen"])[1]["status"] == "cancelled"


# --- Exchanges --------------------------------------------------------------------------------


def test_exchange_shows_the_replacement_and_the_difference(order, terms, admin_client):
    url = reverse("admin:fulfillment_exchange", args=[order.pk])
    pk = order.lines.get().pk
    before = everything()

    shown = admin_client.post(
        url, form(order, 2, preview="1", **{f"swap_{pk}": "CUP", f"price_{pk}": "12.00"})
    )

    assert said(shown)["Worth of the replacement"] == "£24.00"
    assert said(shown)["Worth of what comes back"] == "£20.00"
    assert said(shown)["Difference"] == "£4.00 to pay by the buyer"
    assert [row.label for row in shown.context["figures"]][-1] == "New order"
    assert everything() == before


def test_exchange_for_what_is_not_there_says_so(order, admin_client):
    url = reverse("admin:fulfillment_exchange", args=[order.pk])
    world.stocked("SAUCER", world.warehouse("BRI"), 1)
    pk = order.lines.get().pk

    shown = admin_client.post(url, form(order, 2, preview="1", **{f"swap_{pk}": "SAUCER"}))

    assert "cannot be supplied now" in shown.context["refusal"]
    assert not Exchange.objects.exists()


def test_exchange_dry_run_and_seen(call, order):
    asked = {
        "order": order.number,
        "lines": [{"line": 1, "quantity": 1, "sku": "CUP"}],
        "reason": "wrong_item",
    }
    before = everything()

    status, seen = call("exchanges", **asked, dry_run=True)

    assert (status, seen["refusal"], seen["exchange"]["total"]) == (200, None, "10.00")
    ((number, other),) = seen["others"].items()
    assert (number, other["total"]) == (seen["exchange"]["replacement"], "10.00")
    assert number.startswith("SO~")
    assert everything() == before
    moved(order)
    assert call("exchanges", **asked, seen=seen["seen"])[1]["code"] == "order_moved"
    assert everything()[2] == []
    status, made = call("exchanges", **asked)
    assert (status, made["replacement"].startswith("SO1")) == (201, True)


def test_exchange_with_a_misspelt_dry_run_is_refused_and_exchanges_nothing(call, order):
    asked = {"lines": [{"line": 1, "quantity": 1, "sku": "CUP"}], "reason": "wrong_item"}

    status, _ = call("exchanges", order=order.number, **asked, dryrun=True)

    assert (status, Exchange.objects.exists()) == (400, False)


# --- Claims -----------------------------------------------------------------------------------


def claim_form(shipment, **more):
    line = shipment.order.lines.get().pk
    return {
        "act": "open_claim",
        "kind": "lost",
        "amount": "30",
        "evidence": "No scan",
        "remedy": "refund",
        "waiver": "",
        f"line_{line}": 3,
        **more,
    }


def test_claim_shows_limit_deadline_and_what_the_buyer_gets(sent, admin_client):
    url = reverse("admin:fulfillment_shipment_act", args=[sent.pk, "open_claim"])
    before = everything()

    shown = admin_client.post(url, claim_form(sent, preview="1"))

    assert said(shown)["Its limit of liability"] == "£10.80"
    assert said(shown)["Credited to the buyer"] == "£30.00"
    rows = {row.label: row.after for row in shown.context["figures"]}
    assert rows["Owed"] == "£30.00 to the buyer"
    assert everything() == before


def test_claim_of_a_role_that_may_not_give_it_says_so(sent, as_role):
    url = reverse("admin:fulfillment_shipment_act", args=[sent.pk, "open_claim"])

    shown = as_role("Warehouse").post(url, claim_form(sent, remedy="replacement", preview="1"))

    assert "Your role may not give that" in shown.context["problem"]
    assert not Claim.objects.exists()


def test_claim_is_refused_when_the_order_is_not_what_was_looked_at(sent, admin_client):
    url = reverse("admin:fulfillment_shipment_act", args=[sent.pk, "open_claim"])
    base = admin_client.post(url, claim_form(sent, preview="1")).context["base"]
    moved(sent.order)

    answer = admin_client.post(url, claim_form(sent, base=base))

    assert "has changed meanwhile" in answer.content.decode()
    assert not Claim.objects.exists()


def test_claim_dry_run_and_seen(call, sent):
    asked = {
        "shipment": sent.number,
        "kind": "lost",
        "amount": "30.00",
        "evidence": "No scan",
        "lines": [{"line": 1, "quantity": 3}],
        "remedy": "replacement",
    }
    before = everything()

    status, seen = call("claims", **asked, dry_run=True)

    assert (status, seen["refusal"], seen["claim"]["remedy"]) == (200, None, "replacement")
    assert [other["total"] for other in seen["others"].values()] == ["30.00"]
    assert everything() == before
    moved(sent.order)
    assert call("claims", **asked, seen=seen["seen"])[1]["code"] == "order_moved"
    assert not Claim.objects.exists()
    assert call("claims", **asked)[0] == 201
