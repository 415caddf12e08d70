"""Claims that are never paid, or not in full, are written off: claimed always adds up."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Claim, ClaimEntry
from fulfillment.queries.claims import claims_due, closed_out, outstanding
from oms import keys
from oms.dispatch.tasks import run_next
from oms.models import Event, Job
from tests.fulfillment.test_admin import press
from tests.fulfillment.test_claims import claim
from tests.ledgers import assert_ledgers_hold

BY = "user:2"
WHY = "The carrier is insolvent"


def with_carrier(shipment, accepted=None, **more):
    made = fulfillment.send_claim(claim(shipment, **more), by=BY)
    if accepted is None:
        return made
    return fulfillment.answer_claim(made, by=BY, accepted=Decimal(accepted))


def money(made):
    return made.received, made.written_off, made.dropped, made.open


def test_rest_of_a_claim_that_was_paid_in_part_is_written_off_for_good(sent):
    made = with_carrier(sent, "10.80")
    made = fulfillment.book_claim(made, by=BY, amount=Decimal(8), reference="P1")
    assert money(made) == (8, 0, Decimal("19.20"), Decimal("2.80"))

    made = fulfillment.write_off_claim(made, by=BY, reason=WHY)

    assert (made.status, made.due_on, made.ended_at is None) == ("written_off", None, False)
    assert money(made) == (8, Decimal("2.80"), Decimal("19.20"), 0)
    entry = made.entries.get(kind="written_off")
    assert (entry.amount, entry.note, entry.by) == (Decimal("2.80"), WHY, BY)
    event = Event.objects.get(name="claim.written_off")
    assert (event.actor, event.facts["written_off"], event.facts["why"]) == (BY, "2.80", WHY)
    assert outstanding(timezone.localdate()) == []
    assert not claims_due(timezone.localdate() + timedelta(days=99)).exists()
    (row,) = closed_out(timezone.localdate())
    assert row.claimed == 30 == row.received + row.written_off + row.dropped + row.open
    assert row.written_off == Decimal("2.80")
    assert_ledgers_hold()


def test_claim_that_is_never_answered_is_written_off_as_a_whole(sent):
    made = fulfillment.write_off_claim(with_carrier(sent), by=BY, reason=WHY)

    assert (made.status, *money(made)) == ("written_off", 0, 30, 0, 0)
    assert_ledgers_hold()
    with pytest.raises(fulfillment.NothingClaimed):
        claim(sent)  # its units stay claimed


@pytest.mark.parametrize("state", ["open", "declined", "paid", "withdrawn", "written_off"])
def test_write_off_refuses_what_nobody_waits_for_and_changes_nothing(sent, state):
    made = claim(sent) if state == "open" else with_carrier(sent)
    if state == "declined":
        made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(0))
    if state == "paid":
        made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(30))
        made = fulfillment.book_claim(made, by=BY, amount=Decimal(30), reference="P1")
    if state == "withdrawn":
        made = fulfillment.withdraw_claim(made, by=BY, reason="It turned up")
    if state == "written_off":
        made = fulfillment.write_off_claim(made, by=BY, reason=WHY)
    before = made.status, money(made), ClaimEntry.objects.count(), Event.objects.count()

    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.write_off_claim(made, by=BY, reason="Again")

    made.refresh_from_db()
    after = made.status, money(made), ClaimEntry.objects.count(), Event.objects.count()
    assert after == before
    assert made.status == state
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("accepted", "back"), [(None, "sent"), (12, "partly_accepted"), (30, "accepted")]
)
def test_write_off_is_taken_back_once_and_the_claim_waits_again(sent, accepted, back):
    made = with_carrier(sent, accepted)
    sent_at, owed = made.sent_at, made.open
    entry = fulfillment.write_off_claim(made, by=BY, reason=WHY).entries.get()

    made = fulfillment.undo_claim_entry(entry, by=BY, reason="They pay after all")

    assert (made.status, made.open, made.written_off) == (back, owed, 0)
    assert (made.ended_at, made.sent_at) == (None, sent_at)
    assert made.due_on == timezone.localdate() + timedelta(days=30)
    assert list(made.entries.order_by("pk").values_list("kind", "undoes")) == [
        ("written_off", None), ("undone", entry.pk),
    ]  # fmt: skip
    facts = Event.objects.get(name="claim.write_off_undone").facts
    assert (Decimal(facts["open"]), facts["order_number"]) == (owed, made.order.number)
    assert Event.objects.filter(name="claim.sent").count() == 1
    with pytest.raises(fulfillment.EntryUndone):
        fulfillment.undo_claim_entry(entry, by=BY, reason="Again")
    assert_ledgers_hold()
    assert fulfillment.write_off_claim(made, by=BY, reason=WHY).status == "written_off"
    assert_ledgers_hold()


def test_receipt_is_taken_back_only_before_or_without_a_write_off(sent):
    made = with_carrier(sent, 12)
    made = fulfillment.book_claim(made, by=BY, amount=Decimal(5), reference="P1")
    receipt = made.entries.get()
    made = fulfillment.write_off_claim(made, by=BY, reason=WHY)

    with pytest.raises(fulfillment.WrittenOff):
        fulfillment.undo_claim_entry(receipt, by=BY, reason="Not ours")

    made.refresh_from_db()
    assert (made.status, made.received, made.entries.count()) == ("written_off", 5, 2)
    fulfillment.undo_claim_entry(made.entries.get(kind="written_off"), by=BY, reason="First")
    made = fulfillment.undo_claim_entry(receipt, by=BY, reason="Not ours")
    assert (made.status, *money(made)) == ("partly_accepted", 0, 0, 18, 12)
    assert_ledgers_hold()


def test_ended_claim_is_not_answered_or_sent_again(sent):
    made = with_carrier(sent, 30)
    made = fulfillment.book_claim(made, by=BY, amount=Decimal(30), reference="P1")

    for amount in (30, 12):
        with pytest.raises(fulfillment.IllegalMove):
            fulfillment.answer_claim(made, by=BY, accepted=Decimal(amount))
    made = fulfillment.undo_claim_entry(made.entries.get(), by=BY, reason="Not ours")
    made = fulfillment.write_off_claim(made, by=BY, reason=WHY)
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.answer_claim(made, by=BY, accepted=Decimal(30))
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.send_claim(made, by=BY)
    made.refresh_from_db()
    assert (made.status, made.accepted) == ("written_off", 30)
    assert_ledgers_hold()


def test_database_and_ledger_refuse_money_that_does_not_add_up(sent):
    made = fulfillment.write_off_claim(with_carrier(sent, "12.30"), by=BY, reason=WHY)
    rows = Claim.objects.filter(pk=made.pk)

    for wrong in ({"open": 1}, {"written_off": 1}, {"dropped": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimEntry.objects.create(claim=made, kind="written_off", amount=1, by=BY)
    rows.update(written_off=Decimal("11.30"), dropped=Decimal("18.70"))
    with pytest.raises(AssertionError, match=f"{made.number}: 11.3000 written off, its entries"):
        assert_ledgers_hold()


def test_upgrading_says_what_became_of_older_claims(sent):
    """What 0027 writes is what the operations write."""
    made = [with_carrier(sent, "3.30", units=1, amount=10), claim(sent, units=1, amount=10)]
    made.append(fulfillment.withdraw_claim(claim(sent, units=1, amount=7), by=BY, reason="x"))
    made[0] = fulfillment.book_claim(made[0], by=BY, amount=Decimal("1.10"), reference="P1")
    wanted = [money(row) for row in made]
    for row in made:  # as they stood before
        row.history.update(dropped=0, open=0)

    migration = import_module("fulfillment.migrations.0027_claims_add_up")
    migration.fill(apps, SimpleNamespace(connection=connection))

    for row in made:
        row.refresh_from_db()
    assert [money(row) for row in made] == wanted
    assert [money(row.history.latest()) for row in made] == wanted
    assert_ledgers_hold()


def test_api_writes_off_and_takes_it_back_with_the_scope_of_receipts(sent, client):
    def call(path, data, key):
        answer = client.post(
            f"/api/v1/claims/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    made = with_carrier(sent, "12")
    finance = keys.create("F", channel="shop", scopes=["claims:write", "bank:write"])[1]
    clerk = keys.create("C", channel="shop", scopes=["claims:write"])[1]
    path, why = f"{made.number}/write-off/", {"reason": WHY}

    assert call(path, why, clerk)[0] == call(f"{path}undoing/", why, clerk)[0] == 403
    assert call(path, {"reason": ""}, finance)[0] == 400
    assert call(f"{path}undoing/", why, finance)[0] == 400
    status, told = call(path, why, finance)
    assert (status, told["status"], told["allowed_actions"]) == (201, "written_off", ["undo"])
    assert [told[name] for name in ("amount", "received", "written_off", "dropped", "open")] == [
        "30.00", "0.00", "12.00", "18.00", "0.00",
    ]  # fmt: skip
    assert call(path, why, finance)[1]["code"] == "illegal_move"
    status, told = call(f"{path}undoing/", why, finance)
    assert (status, told["status"], told["open"]) == (201, "partly_accepted", "12.00")
    assert call(f"{path}undoing/", why, finance)[1]["code"] == "entry_undone"
    assert_ledgers_hold()


def test_finance_writes_off_on_the_page_and_sees_it_in_the_figures(sent, as_role):
    made = with_carrier(sent, 12)
    form = reverse("admin:fulfillment_claim_act", args=[made.pk, "write_off"])
    assert as_role("Operations").get(form).status_code == 403
    client = as_role("Finance")

    assert "£12.00 written off" in press(client, made, "write_off", reason=WHY)[0]

    page = client.get(reverse("admin:fulfillment_claim_change", args=[made.pk])).content.decode()
    assert WHY in page
    assert form not in page
    due = client.get(reverse("admin:fulfillment_claims_due")).content.decode()
    assert "What became of claims" in due
    assert "£12.00" in due
    entry = made.entries.get().pk
    assert "owed again" in press(client, made, "undo", entry=entry, reason="Mistake")[0]
    made.refresh_from_db()
    assert (made.status, made.open) == ("partly_accepted", 12)


def test_selected_claims_are_written_off_by_a_run_that_can_be_taken_back(sent, as_role):
    client = as_role("Finance")
    due = [with_carrier(sent, amount, units=1, amount=10) for amount in (None, 10)]
    declined = with_carrier(sent, 0, units=1, amount=10)
    chosen = {
        "action": "write_off",
        "_selected_action": [row.pk for row in (*due, declined)],
    }
    asked = client.post("/admin/fulfillment/claim/", chosen)
    assert "Nothing is waited for from its carrier." in asked.content.decode()

    client.post("/admin/fulfillment/claim/", {**chosen, "act": "write_off", "reason": WHY})
    run_next("test")

    assert [row.status for row in Claim.objects.order_by("pk")] == [
        "written_off", "written_off", "declined",
    ]  # fmt: skip
    assert {row.note for row in ClaimEntry.objects.all()} == {WHY}
    job = Job.objects.get(kind="act")
    client.post(reverse("admin:oms_job_act", args=[job.pk, "undo"]), {"act": "undo"})
    run_next("test")
    assert [row.status for row in Claim.objects.order_by("pk")] == ["sent", "accepted", "declined"]
    assert_ledgers_hold()
