"""The ledger of claims: what carriers paid, what is written off, and either taken back."""

from decimal import Decimal

from django.db import transaction

from fulfillment.enums import ClaimEntryKind, ClaimStatus
from fulfillment.models import Claim, ClaimEntry
from fulfillment.operations import documents
from fulfillment.operations.claiming import WrongClaimAmount, about, refuse_amount
from fulfillment.operations.claims import facts_of, keep, wait_for_carrier
from fulfillment.queries.claims import status_before
from oms import events
from oms.errors import DomainError
from oms.money import ZERO, plain


class EntryUndone(DomainError):
    """An entry is taken back once."""

    code = "entry_undone"
    message = "{entry} of {number} was taken back before."


class WrittenOff(DomainError):
    """What was written off is taken back before anything earlier is."""

    code = "written_off"
    message = "{number} is written off; take that back first."


@transaction.atomic
def book_claim(claim: Claim, *, by: str, amount: Decimal, reference: str) -> Claim:
    """Book money that the carrier paid for an accepted claim; once all is here it is paid.

    `reference` is the payment's; the same one again changes nothing, and raises WrongClaimAmount
    with another amount, unless it was taken back meanwhile. Raises that also for more than is still
    owed, and IllegalMove.
    """
    claim = documents.lock(claim)
    receipts = claim.entries.filter(kind=ClaimEntryKind.RECEIVED, reference=reference)
    known = receipts.filter(undone_by=None).first()
    if known and known.amount == amount:
        return claim
    if known or not amount:
        raise WrongClaimAmount(
            amount=amount, limit=plain(claim.open, claim.currency), currency=claim.currency
        )
    documents.refuse_move(claim, ClaimStatus.PAID)
    refuse_amount(amount, claim.open, claim.currency)

    row = ClaimEntry(
        claim=claim,
        kind=ClaimEntryKind.RECEIVED,
        amount=amount,
        reference=reference,
        attempt=receipts.count(),
        by=by,
    )
    claim.received += amount
    claim.due_on = None if claim.received == claim.accepted else claim.due_on
    _enter(claim, row, "received", "due_on")
    _tell_booked(claim, amount, by=by)
    if claim.received == claim.accepted:
        documents.move(claim, ClaimStatus.PAID, by=by, **facts_of(claim))
    return claim


@transaction.atomic
def write_off_claim(claim: Claim, *, by: str, reason: str) -> Claim:
    """Wait no more for what is open of a claim that the carrier has: it will not be paid.

    What was received stays. A claim without an answer is written off as a whole; one that was
    declined has nothing open, and one that was never sent is withdrawn. Raises IllegalMove.
    """
    claim = documents.lock(claim)
    documents.refuse_move(claim, ClaimStatus.WRITTEN_OFF)

    row = ClaimEntry(
        claim=claim, kind=ClaimEntryKind.WRITTEN_OFF, amount=claim.open, note=reason, by=by
    )
    claim.written_off, claim.due_on = claim.open, None
    _enter(claim, row, "written_off", "due_on")
    documents.move(
        claim,
        ClaimStatus.WRITTEN_OFF,
        by=by,
        reason=reason,
        **facts_of(claim),
        written_off=plain(claim.written_off, claim.currency),
        why=reason,
    )
    return claim


@transaction.atomic
def undo_claim_entry(entry: ClaimEntry, *, by: str, reason: str) -> Claim:
    """Take back a receipt or a write-off that was a mistake; its money is owed again.

    The entry stays, beside one that undoes it. Raises EntryUndone, and WrittenOff for a receipt of
    a claim whose rest was written off since.
    """
    claim = documents.lock(entry.claim)
    received = entry.kind == ClaimEntryKind.RECEIVED
    if entry.kind == ClaimEntryKind.UNDONE or ClaimEntry.objects.filter(undoes=entry).exists():
        said = entry.reference or entry.get_kind_display()
        raise EntryUndone(entry=said, number=claim.number)
    if received and claim.status == ClaimStatus.WRITTEN_OFF:
        raise WrittenOff(number=claim.number)

    if claim.status in {ClaimStatus.PAID, ClaimStatus.WRITTEN_OFF}:
        _reopen(claim, by=by, reason=reason)
    row = ClaimEntry(
        claim=claim,
        kind=ClaimEntryKind.UNDONE,
        amount=entry.amount,
        reference=entry.reference,
        undoes=entry,
        note=reason,
        by=by,
    )
    wait_for_carrier(claim)
    if received:
        claim.received -= entry.amount
        _enter(claim, row, "received", "due_on")
        _tell_booked(claim, -entry.amount, by=by)
        return claim
    claim.written_off -= entry.amount
    _enter(claim, row, "written_off", "due_on")
    owed = plain(entry.amount, claim.currency)
    events.record("claim.write_off_undone", claim, by=by, **about(claim), open=owed)
    return claim


def _reopen(claim: Claim, *, by: str, reason: str) -> None:
    """Before its amounts: what is paid is paid in full, and what is written off leaves nothing."""
    documents.move_back(claim, status_before(claim), by=by, reason=reason)
    claim.paid_at = claim.ended_at = None
    keep(claim, "paid_at", "ended_at", by=by, reason=reason)


def _enter(claim: Claim, row: ClaimEntry, *fields: str) -> None:
    row.save()
    keep(claim, *fields, by=row.by, reason=row.note or row.reference)


def _tell_booked(claim: Claim, booked: Decimal, *, by: str) -> None:
    events.record(
        "claim.booked" if booked > ZERO else "claim.booking_undone",
        claim,
        by=by,
        **about(claim),
        booked=plain(booked, claim.currency),
        received=plain(claim.received, claim.currency),
    )
