"""Messages about claims against carriers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from fulfillment.enums import ClaimKind, ClaimRemedy
from fulfillment.models import Claim
from fulfillment.queries import allowed_claim_actions
from fulfillment.queries.claims import answer_of, evidence_of
from fulfillment.serializers.work import LineUnits, Position
from oms.money import plain
from oms.wire import Sent, Short, message, utc
from orders.serializers import DryRun, PreviewOut, Seen

Done = Literal[tuple(ClaimKind.values)]  # type: ignore[valid-type]
Remedy = Literal[tuple(ClaimRemedy.values)]  # type: ignore[valid-type]
Words = Annotated[str, msgspec.Meta(max_length=300)]


@message
class ClaimIn(Sent):
    """What a carrier did to a shipment or one of its parcels (by position), and what is claimed.

    The amount is in the order's currency. Without `lines`, what is lost is all of the parcel, or of
    the shipment, that can still be claimed. `remedy` is what the buyer gets at once: a refund (of
    damaged goods, which the buyer keeps, within the return policy's limit), or the same goods
    again. `reference` makes repeats harmless. `evidence` is what the carrier is told, without names or addresses; it is sealed, and
    goes when the buyer is erased.
    """

    shipment: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    kind: Done
    amount: Decimal
    evidence: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    lines: Annotated[list[LineUnits], msgspec.Meta(max_length=2_000)] = []
    parcel: Position | None = None
    remedy: Remedy = "nothing"
    reference: Short = ""
    dry_run: DryRun = False
    seen: Seen | None = None


@message
class ClaimSendingIn(Sent):
    """How the carrier calls the claim, and what is said beyond the evidence."""

    carrier_reference: Short = ""
    evidence: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


@message
class ClaimAnswerIn(Sent):
    """What the carrier accepts, in the order's currency; 0 declines. `answer` goes with the buyer."""

    accepted: Decimal
    answer: Words = ""


@message
class ClaimReceiptIn(Sent):
    """Money that the carrier paid; `reference` is the payment's and makes repeats harmless."""

    amount: Decimal
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


@message
class ClaimReceiptUndoingIn(Sent):
    """Which payment was booked by mistake, and why it is taken back."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class ClaimWriteOffIn(Sent):
    """Why what is open will not come, or why it is waited for after all."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class ClaimLineOut(msgspec.Struct):
    """Units of an order line that are claimed."""

    line: int
    sku: str
    quantity: int


@message
class ClaimOut(msgspec.Struct):
    """A claim against a carrier.

    `liable` is the carrier's limit by its terms, null where it is not known; `due_on` the day of the
    next step, ours or the carrier's. `amount` is `received` + `written_off` + `dropped` + `open`:
    dropped is what the carrier refused or we withdrew.
    """

    number: str
    order: str
    shipment: str
    parcel: int | None
    carrier: str
    kind: str
    status: str
    evidence: str
    reference: str
    carrier_reference: str
    answer: str
    currency: str
    amount: str
    liable: str | None
    accepted: str
    received: str
    written_off: str
    dropped: str
    open: str
    remedy: str
    rma: str | None
    replacement: str | None
    claim_by: date | None
    due_on: date | None
    opened_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    paid_at: datetime | None
    ended_at: datetime | None
    lines: list[ClaimLineOut]
    allowed_actions: list[str]

    @classmethod
    def of(cls, claim: Claim) -> "ClaimOut":
        """As the API shows it; what it names is best selected along."""
        made = getattr(claim.credit, "exchange", None) if claim.credit else None
        times = ("opened_at", "sent_at", "answered_at", "paid_at", "ended_at")
        amounts = ("amount", "accepted", "received", "written_off", "dropped", "open")
        return cls(
            number=claim.number,
            order=claim.order.number,
            shipment=claim.shipment.number,
            parcel=claim.parcel.position if claim.parcel else None,
            carrier=claim.carrier.code,
            kind=claim.kind,
            status=claim.status,
            evidence=evidence_of(claim),
            reference=claim.reference,
            carrier_reference=claim.carrier_reference,
            answer=answer_of(claim),
            currency=claim.currency,
            liable=None if claim.liable is None else plain(claim.liable, claim.currency),
            remedy=claim.remedy,
            rma=claim.credit.number if claim.credit else None,
            replacement=made.replacement.number if made else None,
            claim_by=claim.claim_by,
            due_on=claim.due_on,
            lines=[
                ClaimLineOut(row.order_line.position, row.order_line.stock_sku, row.quantity)
                for row in sorted(claim.lines.all(), key=lambda row: row.order_line.position)
            ],
            allowed_actions=allowed_claim_actions(claim),
            **{name: plain(getattr(claim, name), claim.currency) for name in amounts},
            **{name: utc(getattr(claim, name)) for name in times},
        )


@message
class ClaimPreviewOut(PreviewOut):
    """What opening the claim would do: a replacement stands among `others`."""

    claim: ClaimOut | None
