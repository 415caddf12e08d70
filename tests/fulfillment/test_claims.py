"""Claims against carriers: in time, up to a limit, made good to the buyer, and paid to the cent."""

import re
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from compliance import operations as privacy
from customers import queries as customers
from customers.queries import SubjectErased
from fulfillment import operations as fulfillment
from fulfillment.models import (
    Claim,
    ClaimEntry,
    ClaimTerms,
    Exchange,
    OriginReturn,
    Return,
    ReturnPolicy,
    Shipment,
)
from fulfillment.queries.claims import (
    ANSWER,
    answer_of,
    claimable_kinds,
    claims_due,
    evidence_of,
    outstanding,
)
from fulfillment.queries.liability import liable_for
from fulfillment.queries.origin import note_of
from oms.errors import DomainError
from oms.models import AppendOnlyError, Event
from orders.models import Order
from orders.queries import balance
from tests import factories as world
from tests.fulfillment.conftest import aged
from tests.ledgers import assert_ledgers_hold

BY = world.BY


def asked(shipment, kind="lost", amount=30, units=3, **more):
    line = shipment.order.lines.get().pk
    found = {"evidence": "No scan since the depot", "units": {line: units} if units else {}, **more}
    return fulfillment.Asked(kind, Decimal(amount), **found)


def claim(shipment, *args, **more):
    return fulfillment.open_claim(shipment, by=BY, asked=asked(shipment, *args, **more))


def count():
    return Claim.objects.count(), Return.objects.count(), Order.objects.count()


def test_open_claim_takes_deadline_and_limit_from_the_terms(sent):
    made = claim(sent, reference="W1")

    today = timezone.localdate()
    assert (made.status, made.amount, made.currency) == ("open", 30, "GBP")
    assert made.claim_by == made.due_on == timezone.localdate(sent.shipped_at) + timedelta(days=60)
    assert made.liable == Decimal("10.80")
    assert [(row.quantity, row.order_line.sku) for row in made.lines.all()] == [(3, "MUG")]
    event = Event.objects.get(name="claim.opened")
    assert (event.actor, event.facts["kind"], event.facts["amount"]) == (BY, "lost", "30.00")
    assert claim(sent, reference="W1") == made
    assert not claims_due(today).exists()
    assert list(claims_due(made.claim_by)) == [made]
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("convention", "handed_over", "expected"),
    [
        ("cmr", date(2026, 11, 1), "15.74"),
        ("montreal", date(2026, 11, 1), "49.14"),
        ("montreal", date(2024, 12, 27), "41.58"),
        ("montreal", date(2010, 1, 1), "35.91"),
    ],
)
def test_liability_by_law_is_dated(sent, floor, convention, handed_over, expected):
    """0.9 kg at 8.33, 26, 22 and 19 SDR of 2.10 pounds each."""
    sent.shipped_at = sent.shipped_at.replace(
        year=handed_over.year, month=handed_over.month, day=handed_over.day
    )
    row = ClaimTerms(currency="GBP", convention=convention, sdr_rate=Decimal("2.1"), per_kg=1)

    found = liable_for(row, sent, sent.parcels.all(), "GBP")

    assert found == Decimal(expected)
    assert liable_for(row, sent, sent.parcels.all(), "EUR") is None
    row.per_parcel = Decimal(100)
    assert liable_for(row, sent, sent.parcels.all(), "GBP") == 100


def test_claim_refuses_what_terms_and_parcel_speak_against_and_changes_nothing(sent, floor):
    before = count()

    def refused(code, **more):
        with pytest.raises(DomainError) as error:
            claim(Shipment.objects.select_related("order", "carrier").get(pk=sent.pk), **more)
        assert error.value.code == code
        assert count() == before

    refused("nothing_claimed", units=4)
    refused("not_claimable", kind="short", units=0)
    refused("not_claimable", kind="late", units=0)
    refused("wrong_claim_amount", amount=0)
    refused("wrong_claim_amount", amount="1.005")
    refused("not_claimable", parcel=10**9)
    Order.objects.filter(pk=sent.order_id).update(currency="GBP")
    aged(sent, 9)
    refused("not_claimable")
    aged(sent, 61)
    refused("not_claimable")
    fulfillment.deliver(aged(sent, 12), by=BY)
    refused("not_claimable")
    refused("not_claimable", kind="late", units=0, remedy="refund", waiver="x")


def test_units_are_claimed_once(sent):
    claim(sent, units=2, amount=20)

    with pytest.raises(fulfillment.NothingClaimed):
        claim(sent, units=2, amount=20)
    claim(sent, units=1, amount=10)
    assert claimable_kinds(sent) == []
    assert_ledgers_hold()


def test_what_is_lost_without_units_is_all_that_no_claim_is_about(sent):
    claim(sent, kind="lost", units=1, amount=10)

    rest = claim(sent, kind="lost", units=0, amount=20, remedy="refund")

    assert [row.quantity for row in rest.lines.all()] == [2]
    assert [row.quantity for row in rest.credit.lines.all()] == [2]
    assert_ledgers_hold()
    with pytest.raises(fulfillment.NotClaimable, match="all of it is claimed already"):
        claim(sent, kind="lost", units=0, amount=1)


def test_what_is_lost_of_a_parcel_without_units_is_all_of_the_parcel(floor):
    _, (work, *_) = floor.work()
    line = fulfillment.pick(work, by=BY).lines.get()
    parts = [fulfillment.PackedParcel(500, {line.pk: units}) for units in (2, 1)]
    fulfillment.pack(work, by=BY, parcels=parts)
    shipment = aged(fulfillment.ship(work, by=BY, carrier="royal-mail"), 20)
    second = shipment.parcels.get(position=2)

    made = claim(shipment, kind="lost", units=0, amount=5, parcel=second.pk)

    assert [row.quantity for row in made.lines.all()] == [1]
    rest = claim(shipment, kind="lost", units=0, amount=5)
    assert [row.quantity for row in rest.lines.all()] == [2]


def test_damage_is_claimed_from_delivery_and_delay_without_units(sent):
    fulfillment.deliver(sent, by=BY)
    sent.refresh_from_db()
    assert claimable_kinds(sent) == ["damaged", "short", "late"]

    made = claim(sent, "damaged", units=1, amount=10)
    late = claim(sent, "late", units=0, amount=4)

    day = timezone.localdate()
    assert (made.claim_by, late.claim_by) == (day + timedelta(days=7), day + timedelta(days=21))
    with pytest.raises(fulfillment.NotClaimable):
        claim(sent, "late", units=0, amount=4)
    Shipment.objects.filter(pk=sent.pk).update(delivered_at=timezone.now() - timedelta(days=8))
    sent.refresh_from_db()
    assert claimable_kinds(sent) == ["late"]


@pytest.mark.parametrize("kind", ["lost", "short"])
def test_refund_of_what_never_came_knows_no_limit_of_what_buyers_may_keep(sent, kind):
    if kind == "short":
        fulfillment.deliver(sent, by=BY)
        sent.refresh_from_db()

    made = claim(sent, kind, remedy="refund")

    assert (made.credit.status, made.credit.credit) == ("closed", 30)
    assert_ledgers_hold()


def test_refund_of_damaged_goods_is_a_return_without_goods_within_the_limit(sent, floor):
    fulfillment.deliver(sent, by=BY)
    sent.refresh_from_db()
    ReturnPolicy.objects.create(name="Keep", channel=floor.channel, keep_limit=20)
    before = count()
    with pytest.raises(fulfillment.AboveKeepLimit, match=sent.number):
        claim(sent, "damaged", remedy="refund")
    assert count() == before

    made = claim(sent, "damaged", units=2, amount=20, remedy="refund")

    document = made.credit
    assert (document.status, document.credit, document.reference) == ("closed", 20, made.number)
    assert balance(Order.objects.get(pk=sent.order_id)).refundable == 20
    more = claim(sent, "damaged", units=1, amount=10, remedy="refund", waiver="Regular buyer")
    assert more.credit.waiver == "Regular buyer"
    facts = Event.objects.filter(name="claim.made_good").latest("pk").facts
    assert (facts["remedy"], facts["replacement"]) == ("refund", None)
    assert_ledgers_hold()


def test_replacement_at_once_is_reserved_and_paid_by_the_credit(sent):
    made = claim(sent, remedy="replacement", reference="R1")

    exchange = Exchange.objects.get(return_order=made.credit)
    line = exchange.replacement.lines.get()
    assert (line.product.sku, line.allocated, exchange.status) == ("MUG", 3, "done")
    order = Order.objects.get(pk=sent.order_id)
    assert [balance(each).balance for each in (order, exchange.replacement)] == [0, 0]
    assert line.released == 3
    assert claim(sent, remedy="replacement", reference="R1") == made
    assert_ledgers_hold()


def test_replacement_that_nothing_can_supply_leaves_no_claim(sent, floor):
    world.place(floor.channel, ("MUG", 17))
    before = count()

    with pytest.raises(DomainError) as error:
        claim(sent, remedy="replacement")

    assert (error.value.code, count()) == ("not_available", before)
    assert_ledgers_hold()


def test_claim_is_sent_answered_in_part_and_paid_in_two(sent):
    made = claim(sent)
    made = fulfillment.send_claim(made, by=BY, carrier_reference="RM-77")
    assert (made.status, made.due_on) == ("sent", timezone.localdate() + timedelta(days=30))
    assert outstanding(timezone.localdate())[0].claimed == 30

    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal("10.80"), answer="By weight")
    made = fulfillment.book_claim(made, by="user:2", amount=Decimal(8), reference="P1")
    assert fulfillment.book_claim(made, by=BY, amount=Decimal(8), reference="P1").received == 8
    (owed,) = outstanding(timezone.localdate())
    assert (owed.count, owed.accepted, owed.bands[0]) == (1, Decimal("2.80"), Decimal("2.80"))
    made = fulfillment.book_claim(made, by="user:2", amount=Decimal("2.80"), reference="P2")

    assert (made.status, made.received, made.due_on) == ("paid", Decimal("10.80"), None)
    assert made.paid_at is not None
    names = Event.objects.filter(name__startswith="claim.").order_by("pk")
    assert list(names.values_list("name", flat=True)) == [
        "claim.opened", "claim.sent", "claim.partly_accepted",
        "claim.booked", "claim.booked", "claim.paid",
    ]  # fmt: skip
    assert_ledgers_hold()


def test_booking_refuses_too_much_and_another_amount_of_a_payment(sent):
    made = fulfillment.send_claim(claim(sent), by=BY)
    with pytest.raises(fulfillment.WrongClaimAmount):
        fulfillment.answer_claim(made, by=BY, accepted=Decimal(31))
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.book_claim(made, by=BY, amount=Decimal(1), reference="P1")
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(30))
    assert made.status == "accepted"
    fulfillment.book_claim(made, by=BY, amount=Decimal(10), reference="P1")

    for amount, reference in ((21, "P2"), (0, "P2"), (11, "P1")):
        with pytest.raises(fulfillment.WrongClaimAmount):
            fulfillment.book_claim(made, by=BY, amount=Decimal(amount), reference=reference)

    made.refresh_from_db()
    assert (made.received, made.entries.count()) == (10, 1)


def test_receipt_is_taken_back_once_and_the_ledger_keeps_both(sent):
    made = fulfillment.send_claim(claim(sent), by=BY)
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(30))
    made = fulfillment.book_claim(made, by=BY, amount=Decimal(30), reference="P1")
    entry = made.entries.get()

    made = fulfillment.undo_claim_entry(entry, by=BY, reason="Another claim's")

    assert (made.status, made.received, made.paid_at) == ("accepted", 0, None)
    assert list(made.entries.order_by("pk").values_list("kind", "amount")) == [
        ("received", 30), ("undone", 30),
    ]  # fmt: skip
    with pytest.raises(fulfillment.EntryUndone):
        fulfillment.undo_claim_entry(entry, by=BY, reason="Again")
    with pytest.raises(AppendOnlyError):
        entry.save()
    assert_ledgers_hold()

    for _ in range(2):
        made = fulfillment.book_claim(made, by=BY, amount=Decimal(20), reference="P1")
    assert (made.received, made.entries.filter(kind="received").count()) == (20, 2)
    twice = ClaimEntry(claim=made, kind="received", amount=1, reference="P1", attempt=1, by=BY)
    with pytest.raises(IntegrityError), transaction.atomic():
        twice.save()
    assert_ledgers_hold()


def test_declined_claim_is_sent_again_with_more_evidence_or_withdrawn(sent):
    made = fulfillment.send_claim(claim(sent), by=BY)
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(0), answer="No proof")
    assert (made.status, made.due_on, made.ended_at is None) == ("declined", None, False)

    made = fulfillment.send_claim(made, by=BY, evidence="Photo of the depot's scan")
    assert evidence_of(made) == "No scan since the depot\nPhoto of the depot's scan"
    assert made.ended_at is None
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(0), answer="No proof")
    with pytest.raises(fulfillment.EvidenceTooLong):
        fulfillment.send_claim(made, by=BY, evidence="x" * 1_990)
    with pytest.raises(fulfillment.EvidenceTooLong):
        claim(sent, evidence="x" * 2_001)
    made.refresh_from_db()
    assert (made.status, len(evidence_of(made))) == ("declined", 49)
    made = fulfillment.withdraw_claim(made, by=BY, reason="It turned up")

    assert (made.status, made.due_on) == ("withdrawn", None)
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.send_claim(made, by=BY)
    assert claim(sent).number != made.number
    assert_ledgers_hold()


def test_evidence_is_sealed_told_to_the_buyer_and_goes_with_them(sent):
    made = fulfillment.send_claim(claim(sent, units=2, amount=20), by=BY)
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(0), answer="Ada Byron has it")
    fulfillment.bring_back(sent, by=BY, reason="refused", note="Nobody home")
    assert b"No scan" not in bytes(made.evidence)
    back = OriginReturn.objects.get()
    kept = [list(rows.values()) for rows in (Claim.history, OriginReturn.history)]
    assert not re.search("Ada|home", str(kept))
    assert (answer_of(made), note_of(back)) == ("Ada Byron has it", "Nobody home")

    told = privacy.export_subject(made.order.subject, by=BY)
    assert told["claims"][0]["evidence"] == {"text": "No scan since the depot"}
    assert {row["evidence"]["text"] for row in told["earlier_claims"]} == {
        "No scan since the depot"
    }
    assert told["parcels_that_came_back"][0]["note"] == {"text": "Nobody home"}
    assert told["claims"][0]["answer"] == {"text": "Ada Byron has it"}
    assert "claim.opened" in {row["name"] for row in told["events"]}

    privacy.erase_subject(made.order.subject, by=BY, reason="asked")
    made = Claim.objects.select_related("order__subject").get()
    back = OriginReturn.objects.select_related("order__subject").get()
    assert evidence_of(made) == answer_of(made) == note_of(back) == ""
    with pytest.raises(SubjectErased):
        claim(Shipment.objects.get(pk=sent.pk), "damaged", units=1, amount=10)
    assert fulfillment.send_claim(made, by=BY).status == "sent"
    with pytest.raises(SubjectErased):
        fulfillment.answer_claim(made, by=BY, accepted=Decimal(0), answer="Ada again")
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(0))
    assert (made.status, made.answer) == ("declined", None)


def test_parcel_of_an_erased_buyer_comes_back_and_nothing_is_said_of_it(sent):
    privacy.erase_subject(sent.order.subject, by=BY, reason="asked")

    back = fulfillment.bring_back(
        Shipment.objects.select_related("order__subject").get(pk=sent.pk),
        by=BY, reason="refused", note="Nobody home",
    )  # fmt: skip

    assert (back.reason, back.note) == ("refused", None)
    assert_ledgers_hold()


def test_upgrading_seals_what_was_said_and_takes_it_out_of_reasons(sent):
    made = fulfillment.send_claim(claim(sent), by=BY)
    fulfillment.answer_claim(made, by=BY, accepted=Decimal(0), answer="x")
    subject = made.order.subject
    said = SimpleNamespace(said="Ada has it", history_change_reason="user:1: Ada has it")
    said.save = lambda **_: None
    bound = f"{ANSWER}:{subject.public_id}"
    migration = import_module("fulfillment.migrations.0028_sealed_words")
    rows = [(said, "answer", subject.operational_key, bound)]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migration, "_rows", lambda *_: rows)
        migration.close(None, None)

    assert said.history_change_reason == "user:1"
    assert customers.unseal_text(subject, said.answer, ANSWER) == "Ada has it"


def test_ledger_finds_claims_whose_money_does_not_add_up(sent):
    made = fulfillment.send_claim(claim(sent), by=BY)
    made = fulfillment.answer_claim(made, by=BY, accepted=Decimal(30))
    fulfillment.book_claim(made, by=BY, amount=Decimal(10), reference="P1")

    Claim.objects.filter(pk=made.pk).update(received=9, open=21)

    with pytest.raises(AssertionError, match=f"{made.number}: 9.0000 received"):
        assert_ledgers_hold()
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=made.pk).update(status="paid")
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=made.pk).update(accepted=31)
    assert ClaimEntry.objects.count() == 1
