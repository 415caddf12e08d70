"""Opening claims against carriers, and what the buyer gets at once, whatever the carrier says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from customers import queries as customers
from fulfillment.enums import ClaimKind, ClaimRemedy, StandardReason
from fulfillment.models import Claim, ClaimLine, ClaimTerms, Parcel, Return, Shipment
from fulfillment.operations import documents
from fulfillment.operations.exchanges import replace_without_goods
from fulfillment.operations.undelivered import settle_undelivered
from fulfillment.operations.waiving import credit_without_goods, refuse_above_keep_limit
from fulfillment.queries.claims import EVIDENCE, STANDING, unclaimed, why_not
from fulfillment.queries.liability import ANSWER_DAYS, claim_by, liable_for, terms_of
from fulfillment.queries.making_good import not_made_good
from fulfillment.queries.policies import Wish, active_reasons
from oms import events, numbers
from oms.errors import DomainError
from oms.history import stamp
from oms.money import ZERO, has_amount, plain
from orders import operations as orders
from orders.queries import balance

MOST_EVIDENCE = 2_000  # characters
if TYPE_CHECKING:
    from orders.models import Order

MOST = Decimal(10) ** 12  # of any amount
BUYER_HAS_IT = {ClaimKind.DAMAGED}  # and would keep it beside the refund
REASONS = {  # what the buyer's return without goods says
    ClaimKind.LOST: StandardReason.UNDELIVERED,
    ClaimKind.DAMAGED: StandardReason.DAMAGED,
    ClaimKind.SHORT: StandardReason.OTHER,
}


class NotClaimable(DomainError):
    """Where the parcel is, or the carrier's terms, speak against the claim."""

    code = "not_claimable"
    message = "{shipment} cannot be claimed as {kind}: {why}."


class NothingClaimed(DomainError):
    """A claim is about units that were in the parcel and that no other claim is about.

    What it makes good was not made good before, nor does it come back by a return.
    """

    code = "nothing_claimed"
    message = "Only {available:unit} of {sku} in {shipment} can be claimed."


class WrongClaimAmount(DomainError):
    """A claim asks for something, and no more can be accepted than was asked for."""

    code = "wrong_claim_amount"
    message = "{amount} {currency} is not an amount above 0 and up to {limit} {currency}."


class EvidenceTooLong(DomainError):
    """What is said of a claim stays short; the photos and papers go to the carrier."""

    code = "evidence_too_long"
    message = "The evidence of a claim has up to {most} characters; this would be {length}."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is claimed of a carrier: units by order line id, the amount in the order's currency.

    What is lost without units is all that can still be claimed. `parcel` narrows it to one (its id); `remedy` is what the buyer gets at once, and a `waiver`
    says why a refund may be worth more than the policy lets buyers keep. `reference` recognises
    repeats.
    """

    kind: str
    amount: Decimal
    evidence: str
    units: Mapping[int, int] = field(default_factory=dict)
    parcel: int | None = None
    remedy: str = ClaimRemedy.NOTHING
    waiver: str = ""
    reference: str = ""


@transaction.atomic
def open_claim(shipment: Shipment, *, by: str, asked: Asked) -> Claim:
    """Write down a claim against the carrier of a shipment, and give the buyer their remedy.

    The last day to claim, the carrier's limit of liability and the days it has to answer are taken
    from its terms of then and stand on the claim. A claim above the limit is allowed: freight is
    paid back beside it (CMR article 23(4)). A refund without goods keeps to the return policy's
    limit unless waived; a replacement is reserved at once. The evidence is sealed under the buyer.
    A repeat with the same reference gives the existing claim. Raises NotClaimable, NothingClaimed,
    WrongClaimAmount, EvidenceTooLong, SubjectErased, AboveKeepLimit, and what a return without
    goods and a replacement refuse; nothing is changed then.
    """
    order = orders.lock_order(shipment.order)
    shipment = Shipment.objects.select_related("carrier").lock_one(shipment.pk)
    shipment.order = order
    rows = shipment.claims.all()
    if asked.reference and (known := rows.filter(reference=asked.reference).first()):
        return known
    terms = terms_of(shipment, order.currency)
    parcels = _parcels(shipment, asked)
    free = _free(shipment, asked)
    if asked.kind == ClaimKind.LOST and not asked.units:
        asked = replace(asked, units={line: units for line, units in free.items() if units > 0})
    _refuse(shipment, asked, terms, free)

    claim = _claim(shipment, asked, terms, parcels)
    stamp(claim, by=by)
    claim.save()
    ClaimLine.objects.bulk_create(
        ClaimLine(claim=claim, order_line_id=line, quantity=units)
        for line, units in asked.units.items()
    )
    events.record("claim.opened", claim, by=by, **about(claim))
    if asked.remedy != ClaimRemedy.NOTHING:
        _make_good(claim, asked, by=by)
    if asked.kind == ClaimKind.LOST:
        settle_undelivered(order, by=by, reference=shipment.number)
    return claim


def about(claim: Claim) -> dict[str, object]:
    """What every event of a claim says."""
    return {
        **documents.about(claim.order),
        "shipment": claim.shipment.number,
        "kind": claim.kind,
        "amount": plain(claim.amount, claim.currency),
    }


def refuse_amount(amount: Decimal, limit: Decimal, currency: str) -> None:
    """Raise WrongClaimAmount for what is not between 0 and the limit, or no amount of the currency."""
    if not 0 <= amount <= limit or not has_amount(currency, amount):
        raise WrongClaimAmount(
            amount=f"{amount:f}", limit=plain(limit, currency), currency=currency
        )


def refuse_long(evidence: str) -> None:
    """Raise EvidenceTooLong for more than a claim holds."""
    if len(evidence) > MOST_EVIDENCE:
        raise EvidenceTooLong(most=MOST_EVIDENCE, length=len(evidence))


def sealed_evidence(order: "Order", evidence: str) -> bytes:
    """What the carrier is told, sealed under the buyer. Raises EvidenceTooLong and SubjectErased."""
    refuse_long(evidence)
    return customers.seal(order.subject, {"text": evidence}, EVIDENCE)


def _parcels(shipment: Shipment, asked: Asked) -> list[Parcel]:
    rows = list(shipment.parcels.all())
    mine = [row for row in rows if asked.parcel in {None, row.pk}]
    if not mine:
        raise NotClaimable(shipment=shipment.number, kind=asked.kind, why="it has no such parcel")
    return mine


def _free(shipment: Shipment, asked: Asked) -> dict[int, int]:
    """Units that the claim can be about, by order line id."""
    free = unclaimed(shipment, asked.parcel)
    if asked.remedy != ClaimRemedy.NOTHING:
        left = not_made_good(shipment)
        free = {line: min(units, left[line]) for line, units in free.items()}
    return free


def _refuse(
    shipment: Shipment, asked: Asked, terms: ClaimTerms | None, free: Mapping[int, int]
) -> None:
    if why := why_not(shipment, asked.kind, terms) or _in_vain(shipment, asked):
        raise NotClaimable(shipment=shipment.number, kind=asked.kind, why=why)
    currency = shipment.order.currency
    if not asked.amount:
        raise WrongClaimAmount(amount=0, limit=MOST, currency=currency)
    refuse_amount(asked.amount, MOST, currency)
    refuse_long(asked.evidence)
    for line, units in asked.units.items():
        if not 0 < units <= free.get(line, 0):
            sku = next((row.sku for row in shipment.order.lines.filter(pk=line)), f"line {line}")
            raise NothingClaimed(available=free.get(line, 0), sku=sku, shipment=shipment.number)


def _in_vain(shipment: Shipment, asked: Asked) -> str:
    """What speaks against this very claim."""
    if asked.kind != ClaimKind.LATE:
        if asked.units:
            return ""
        lost = asked.kind == ClaimKind.LOST
        return "all of it is claimed already" if lost else "it names no units"
    if asked.remedy != ClaimRemedy.NOTHING or asked.units:
        return "what came late has come; there is nothing to make good"
    known = shipment.claims.filter(
        kind=ClaimKind.LATE, status__in=STANDING, parcel=asked.parcel
    ).exists()
    return "that is claimed already" if known else ""


def _claim(
    shipment: Shipment, asked: Asked, terms: ClaimTerms | None, parcels: list[Parcel]
) -> Claim:
    last: date | None = claim_by(terms, shipment, asked.kind)
    return Claim(
        number=numbers.take("claim")[0],
        order=shipment.order,
        shipment=shipment,
        parcel_id=asked.parcel,
        carrier=shipment.carrier,
        kind=asked.kind,
        evidence=sealed_evidence(shipment.order, asked.evidence),
        reference=asked.reference,
        currency=shipment.order.currency,
        amount=asked.amount,
        open=asked.amount,
        liable=liable_for(terms, shipment, parcels, shipment.order.currency),
        claim_by=last,
        due_on=last or timezone.localdate(),
        answer_days=terms.answer_days if terms else ANSWER_DAYS,
        opened_at=timezone.now(),
    )


def _make_good(claim: Claim, asked: Asked, *, by: str) -> None:
    """Refund or replace, by a return of which nobody expects the goods."""
    claim.credit = _credit(claim, asked, by=by)
    claim.remedy = asked.remedy
    stamp(claim, by=by, reason=asked.waiver)
    claim.save(update_fields=["remedy", "credit"])
    _call_off_spare_cash(claim, by=by)
    made = getattr(claim.credit, "exchange", None)
    replacement = made.replacement.number if made else None
    events.record(
        "claim.made_good",
        claim,
        by=by,
        **about(claim),
        remedy=claim.remedy,
        replacement=replacement,
    )


def _call_off_spare_cash(claim: Claim, *, by: str) -> None:
    """Nobody collects on delivery what the buyer does not owe any more."""
    order = orders.lock_order(claim.order)  # as the credit has left it
    money = balance(order)
    needed = max(money.due - money.received - money.authorized, ZERO)
    if money.deferred > needed:
        orders.call_off_cash(order, by=by, amount=money.deferred - needed, reference=claim.number)


def _credit(claim: Claim, asked: Asked, *, by: str) -> Return:
    reason = f"{claim.get_kind_display()} by {claim.carrier.name}: claim {claim.number}"
    wanted = REASONS[ClaimKind(asked.kind)]
    code = wanted if wanted in active_reasons() else StandardReason.OTHER
    wishes = {line: Wish(units, code) for line, units in asked.units.items()}
    if asked.remedy == ClaimRemedy.REPLACEMENT:
        made = replace_without_goods(
            claim.order, by=by, wishes=wishes, reference=claim.number, reason=reason
        )
        return made.return_order
    if asked.kind in BUYER_HAS_IT and not asked.waiver:
        lines = claim.order.lines.filter(pk__in=asked.units).select_related("product")
        refuse_above_keep_limit(
            claim.shipment.number, claim.order, [(line, asked.units[line.pk]) for line in lines]
        )
    return credit_without_goods(
        claim.order, by=by, wishes=wishes, reference=claim.number, reason=asked.waiver or reason
    )
