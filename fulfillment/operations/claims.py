"""The life of a claim: sent, answered, paid by the carrier, or withdrawn."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import ClaimEntryKind, ClaimStatus
from fulfillment.models import Claim, ClaimEntry
from fulfillment.operations import documents
from fulfillment.operations.claiming import WrongClaimAmount, about, refuse_amount, sealed_evidence
from fulfillment.operations.undelivered import settle_undelivered
from fulfillment.queries.claims import evidence_of
from oms import events
from oms.errors import DomainError
from oms.history import stamp
from oms.money import ZERO, plain


class EntryUndone(DomainError):
    """A receipt is taken back once."""

    code = "entry_undone"
    message = "{reference} of {number} was taken back before."


@transaction.atomic
def send_claim(claim: Claim, *, by: str, carrier_reference: str = "", evidence: str = "") -> Claim:
    """Note that the carrier has the claim; its answer is due when its days are over.

    A declined claim may be sent again, with more `evidence`, which is added to what was said.
    Raises IllegalMove, and EvidenceTooLong when there is no room for it.
    """
    claim = documents.lock(claim)
    documents.refuse_move(claim, ClaimStatus.SENT)
    if evidence:
        said = f"{evidence_of(claim)}\n{evidence}".strip()
        claim.evidence = sealed_evidence(claim.order, said)

    claim.carrier_reference = carrier_reference or claim.carrier_reference
    claim.ended_at = None
    _wait(claim)
    _save(claim, "carrier_reference", "evidence", "ended_at", "due_on", by=by)
    documents.move(claim, ClaimStatus.SENT, by=by, **_facts(claim))
    return claim


@transaction.atomic
def answer_claim(claim: Claim, *, by: str, accepted: Decimal, answer: str = "") -> Claim:
    """Note what the carrier accepts of the claim, in the order's currency; nothing declines it.

    Raises IllegalMove unless the claim is sent, and WrongClaimAmount above what was claimed.
    """
    claim = documents.lock(claim)
    to = _answered(claim, accepted)
    documents.refuse_move(claim, to)
    refuse_amount(accepted, claim.amount, claim.currency)

    claim.accepted, claim.answer, claim.answered_at = accepted, answer, timezone.now()
    _wait(claim)
    if not accepted:
        claim.due_on = None
    _save(claim, "accepted", "answer", "answered_at", "due_on", by=by)
    documents.move(
        claim,
        to,
        by=by,
        reason=answer[:100],
        **_facts(claim),
        accepted=plain(accepted, claim.currency),
    )
    return claim


@transaction.atomic
def book_claim(claim: Claim, *, by: str, amount: Decimal, reference: str) -> Claim:
    """Book money that the carrier paid for an accepted claim; once all is here it is paid.

    `reference` is the payment's; the same one again changes nothing, and raises WrongClaimAmount
    with another amount, unless it was taken back meanwhile. Raises that also for more than is still
    owed, and IllegalMove.
    """
    claim = documents.lock(claim)
    left = claim.accepted - claim.received
    receipts = claim.entries.filter(kind=ClaimEntryKind.RECEIVED, reference=reference)
    known = receipts.filter(undone_by=None).first()
    if known and known.amount == amount:
        return claim
    if known or not amount:
        raise WrongClaimAmount(
            amount=amount, limit=plain(left, claim.currency), currency=claim.currency
        )
    documents.refuse_move(claim, ClaimStatus.PAID)
    refuse_amount(amount, left, claim.currency)

    row = ClaimEntry(
        claim=claim,
        kind=ClaimEntryKind.RECEIVED,
        amount=amount,
        reference=reference,
        attempt=receipts.count(),
        by=by,
    )
    _enter(claim, row, amount, by=by)
    if claim.received == claim.accepted:
        documents.move(claim, ClaimStatus.PAID, by=by, **_facts(claim))
    return claim


@transaction.atomic
def undo_claim_entry(entry: ClaimEntry, *, by: str, reason: str) -> Claim:
    """Take back a receipt that was booked by mistake; what it paid is owed again.

    The entry stays, beside one that undoes it. Raises EntryUndone.
    """
    claim = documents.lock(entry.claim)
    undone = ClaimEntry.objects.filter(undoes=entry).exists()
    if undone or entry.kind != ClaimEntryKind.RECEIVED:
        raise EntryUndone(reference=entry.reference, number=claim.number)

    if claim.status == ClaimStatus.PAID:  # before its amounts: what is paid is paid in full
        claim.paid_at = None
        _save(claim, "paid_at", by=by, reason=reason)
        documents.move(claim, _answered(claim, claim.accepted), by=by, **_facts(claim))
    row = ClaimEntry(
        claim=claim,
        kind=ClaimEntryKind.UNDONE,
        amount=entry.amount,
        reference=entry.reference,
        undoes=entry,
        note=reason,
        by=by,
    )
    _enter(claim, row, -entry.amount, by=by, reason=reason)
    return claim


@transaction.atomic
def withdraw_claim(claim: Claim, *, by: str, reason: str) -> Claim:
    """Claim it no more: the parcel turned up, or it was our own fault.

    What the buyer got stays as it is. Raises IllegalMove once the carrier has accepted.
    """
    claim = documents.lock(claim)
    documents.refuse_move(claim, ClaimStatus.WITHDRAWN)

    claim.due_on = None
    _save(claim, "due_on", by=by, reason=reason)
    documents.move(claim, ClaimStatus.WITHDRAWN, by=by, reason=reason, **_facts(claim), why=reason)
    settle_undelivered(claim.order, by=by, reference=claim.shipment.number)
    return claim


def _answered(claim: Claim, accepted: Decimal) -> ClaimStatus:
    if accepted >= claim.amount:
        return ClaimStatus.ACCEPTED
    return ClaimStatus.PARTLY_ACCEPTED if accepted else ClaimStatus.DECLINED


def _save(claim: Claim, *fields: str, by: str, reason: str = "") -> None:
    stamp(claim, by=by, reason=reason)
    claim.save(update_fields=fields)


def _wait(claim: Claim) -> None:
    """The carrier's turn, from today."""
    claim.due_on = timezone.localdate() + timedelta(days=claim.answer_days)


def _enter(claim: Claim, row: ClaimEntry, signed: Decimal, *, by: str, reason: str = "") -> None:
    row.save()
    claim.received += signed
    claim.due_on = None if claim.received == claim.accepted else claim.due_on
    if signed < ZERO:
        _wait(claim)
    _save(claim, "received", "due_on", by=by, reason=reason or row.reference)
    events.record(
        "claim.booked" if signed > ZERO else "claim.booking_undone",
        claim,
        by=by,
        **_facts(claim),
        booked=plain(signed, claim.currency),
        received=plain(claim.received, claim.currency),
    )


def _facts(claim: Claim) -> dict[str, Any]:
    """Without the order, which every move tells by itself."""
    return {
        name: value for name, value in about(claim).items() if name not in {"order", "order_number"}
    }
