"""The life of a claim: sent, answered, or withdrawn; what it brings in is in `claim_money`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers import queries as customers
from fulfillment.enums import ClaimStatus
from fulfillment.models import Claim
from fulfillment.operations import documents
from fulfillment.operations.claiming import about, refuse_amount, sealed_evidence
from fulfillment.operations.undelivered import settle_undelivered
from fulfillment.queries.claims import ANSWER, answered, evidence_of
from oms.history import stamp
from oms.money import ZERO, plain


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
    claim.ended_at, claim.dropped = None, ZERO
    wait_for_carrier(claim)
    keep(claim, "carrier_reference", "evidence", "ended_at", "due_on", "dropped", by=by)
    documents.move(claim, ClaimStatus.SENT, by=by, **facts_of(claim))
    return claim


@transaction.atomic
def answer_claim(claim: Claim, *, by: str, accepted: Decimal, answer: str = "") -> Claim:
    """Note what the carrier accepts of the claim, in the order's currency; nothing declines it.

    Its words are sealed under the buyer. Raises IllegalMove unless the claim is sent,
    WrongClaimAmount above what was claimed, and SubjectErased for words about an erased buyer.
    """
    claim = documents.lock(claim)
    to = answered(claim.amount, accepted)
    documents.refuse_move(claim, to)
    refuse_amount(accepted, claim.amount, claim.currency)

    claim.accepted, claim.dropped = accepted, claim.amount - accepted
    claim.answer = customers.seal_text(claim.order.subject, answer, ANSWER)
    claim.answered_at = timezone.now()
    wait_for_carrier(claim)
    if not accepted:
        claim.due_on = None
    keep(claim, "accepted", "dropped", "answer", "answered_at", "due_on", by=by)
    documents.move(
        claim,
        to,
        by=by,
        **facts_of(claim),
        accepted=plain(accepted, claim.currency),
    )
    return claim


@transaction.atomic
def withdraw_claim(claim: Claim, *, by: str, reason: str) -> Claim:
    """Claim it no more: the parcel turned up, or it was our own fault.

    What the buyer got stays as it is. Raises IllegalMove once the carrier has accepted.
    """
    claim = documents.lock(claim)
    documents.refuse_move(claim, ClaimStatus.WITHDRAWN)

    claim.due_on, claim.dropped = None, claim.amount
    keep(claim, "due_on", "dropped", by=by, reason=reason)
    documents.move(
        claim, ClaimStatus.WITHDRAWN, by=by, reason=reason, **facts_of(claim), why=reason
    )
    settle_undelivered(claim.order, by=by, reference=claim.shipment.number)
    return claim


def keep(claim: Claim, *fields: str, by: str, reason: str = "") -> None:
    """Save these fields, and what is open by its amounts."""
    claim.open = claim.amount - claim.received - claim.written_off - claim.dropped
    stamp(claim, by=by, reason=reason)
    claim.save(update_fields=[*fields, "open"])


def wait_for_carrier(claim: Claim) -> None:
    """Its turn, from today."""
    claim.due_on = timezone.localdate() + timedelta(days=claim.answer_days)


def facts_of(claim: Claim) -> dict[str, Any]:
    """Without the order, which every move tells by itself."""
    return {
        name: value for name, value in about(claim).items() if name not in {"order", "order_number"}
    }
