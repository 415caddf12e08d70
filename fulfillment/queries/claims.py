"""Claims against carriers: what may be claimed, what waits for whom, and what is owed how long."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from customers import queries as customers
from fulfillment.enums import ClaimKind, ClaimStatus, ShipmentStatus
from fulfillment.models import Claim, ClaimEntry, ClaimLine, ClaimTerms, ParcelLine, Shipment
from fulfillment.models.claim import ACCOUNTED, DUE
from fulfillment.queries.liability import claim_by, terms_of
from fulfillment.queries.pickup import is_collected
from oms.money import ZERO

EVIDENCE = "fulfillment.claim.evidence"
ANSWER = "fulfillment.claim.answer"
BANDS = (
    (30, "up to 30 days"),
    (60, "31 to 60 days"),
    (90, "61 to 90 days"),
    (None, "over 90 days"),
)
ARRIVED = {ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED_TO_SENDER}
WAITED_FOR = (ClaimStatus.SENT, ClaimStatus.ACCEPTED, ClaimStatus.PARTLY_ACCEPTED)  # the carrier
STANDING = [status for status in ClaimStatus if status != ClaimStatus.WITHDRAWN]
LOOKED_AT = 3  # shipments of an order
CENT = Decimal("0.0001")


@dataclass(slots=True)
class Outstanding:
    """What a carrier has not paid of its claims, by age in days since they were opened."""

    carrier: str
    currency: str
    count: int = 0
    claimed: Decimal = ZERO  # of it, not answered yet
    accepted: Decimal = ZERO  # of it, accepted
    bands: list[Decimal] = field(default_factory=lambda: [ZERO] * len(BANDS))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all that was claimed of a carrier: claimed is the sum of the four others."""

    carrier: str
    currency: str
    count: int
    claimed: Decimal
    received: Decimal
    written_off: Decimal
    dropped: Decimal  # by the carrier's answer, or withdrawn by us
    open: Decimal


def evidence_of(claim: Claim) -> str:
    """What the carrier is told; empty once the buyer is erased. Wants its order's subject selected."""
    return customers.unseal_text(claim.order.subject, claim.evidence, EVIDENCE)


def answer_of(claim: Claim) -> str:
    """What the carrier said; empty as `evidence_of` is."""
    return customers.unseal_text(claim.order.subject, claim.answer, ANSWER)


def claimable_kinds(shipment: Shipment) -> list[ClaimKind]:
    """What can be claimed for the shipment now; nothing of what its buyer collected.

    Wants its carrier and order selected.
    """
    terms = terms_of(shipment, shipment.order.currency)
    kinds = [kind for kind in ClaimKind if not why_not(shipment, kind, terms)]
    if kinds in ([], [ClaimKind.LATE]) or unclaimed(shipment):
        return kinds
    return [kind for kind in kinds if kind == ClaimKind.LATE]


def claimable_shipments(order: int) -> list[int]:
    """Shipments of an order, by id, of which something can be claimed now; looks at the last few."""
    rows = Shipment.objects.filter(order=order).select_related("order", "carrier")
    return [row.pk for row in rows.order_by("-pk")[:LOOKED_AT] if claimable_kinds(row)]


def why_not(shipment: Shipment, kind: str, terms: ClaimTerms | None) -> str:
    """What speaks against a claim of this kind today, as the rest of a sentence; empty: nothing."""
    if is_collected(shipment):
        return "its buyer collected it"
    return _too_early(shipment, kind, terms) or _too_late(shipment, kind, terms)


def _too_early(shipment: Shipment, kind: str, terms: ClaimTerms | None) -> str:
    """Where it is says whether this can have happened to it."""
    status = shipment.status
    if kind == ClaimKind.LATE:
        return "" if status == ShipmentStatus.DELIVERED else "it is not delivered yet"
    if kind != ClaimKind.LOST:
        seen = status in {*ARRIVED, ShipmentStatus.EXCEPTION}
        return "" if seen else "nobody has seen it yet"
    if status in ARRIVED:
        return "it arrived"
    if terms is None or status == ShipmentStatus.EXCEPTION:
        return ""
    since = timezone.localdate(shipment.shipped_at) + timedelta(days=terms.lost_after_days)
    early = timezone.localdate() < since
    return f"it counts as lost from {since.day} {since:%B %Y}" if early else ""


def _too_late(shipment: Shipment, kind: str, terms: ClaimTerms | None) -> str:
    last = claim_by(terms, shipment, kind)
    if last is None or timezone.localdate() <= last:
        return ""
    return f"the carrier took such claims until {last.day} {last:%B %Y}"


def unclaimed(shipment: Shipment, parcel: int | None = None) -> dict[int, int]:
    """Units of the shipment, or of one parcel, that no standing claim is about, by order line id."""
    rows = ParcelLine.objects.filter(parcel__shipment=shipment)
    whole, mine = _units(rows), _units(rows.filter(parcel=parcel)) if parcel else None
    lines = ClaimLine.objects.filter(claim__shipment=shipment, claim__status__in=STANDING)
    taken, near = _units(lines, "order_line"), {}
    if parcel:
        near = _units(lines.filter(claim__parcel=parcel), "order_line")
    free = {}
    for line, units in (whole if mine is None else mine).items():
        left = whole[line] - taken.get(line, 0)
        free[line] = min(left, units - near.get(line, 0)) if parcel else left
    return {line: units for line, units in free.items() if units > 0}


def _units(rows: QuerySet, line: str = "line__order_line") -> dict[int, int]:
    return dict(rows.order_by().values_list(line).annotate(units=Sum("quantity")))


def answered(amount: Decimal, accepted: Decimal) -> ClaimStatus:
    """What an answer makes of a claim."""
    if accepted >= amount:
        return ClaimStatus.ACCEPTED
    return ClaimStatus.PARTLY_ACCEPTED if accepted else ClaimStatus.DECLINED


def status_before(claim: Claim) -> ClaimStatus:
    """Where a claim stood that was paid or written off: with its answer, or waiting for one."""
    return answered(claim.amount, claim.accepted) if claim.accepted else ClaimStatus.SENT


def allowed_claim_actions(claim: Claim) -> list[str]:
    """Names of the acts that a claim's status allows."""
    status = claim.status
    rules = {
        "send": status in {ClaimStatus.OPEN, ClaimStatus.DECLINED},
        "answer": status == ClaimStatus.SENT,
        "book": status in {ClaimStatus.ACCEPTED, ClaimStatus.PARTLY_ACCEPTED},
        "write_off": status in WAITED_FOR,
        "undo": claim.received > 0 or claim.written_off > 0,
        "withdraw": status in {ClaimStatus.OPEN, ClaimStatus.SENT, ClaimStatus.DECLINED},
    }
    return [name for name, allowed in rules.items() if allowed]


def claims_due(day: date) -> QuerySet[Claim]:
    """Claims whose next step was due before or on this day, the longest first."""
    return Claim.objects.filter(status__in=DUE, due_on__lte=day).order_by("due_on", "pk")


def outstanding(today: date) -> list[Outstanding]:
    """What each carrier still owes, by currency: all that is claimed and not answered, or accepted."""
    rows = Claim.objects.filter(status__in=DUE).select_related("carrier")
    found: dict[tuple[str, str], Outstanding] = {}
    for claim in rows:
        key = claim.carrier.name, claim.currency
        row = found.setdefault(key, Outstanding(*key))
        row.count += 1
        row.accepted += claim.open if claim.accepted else ZERO
        row.claimed += ZERO if claim.accepted else claim.open
        row.bands[_band((today - timezone.localdate(claim.opened_at)).days)] += claim.open
    return sorted(found.values(), key=lambda row: (row.carrier, row.currency))


def aged(rows: QuerySet[Claim], band: int, today: date) -> QuerySet[Claim]:
    """Claims of one of the BANDS, by its place: as many days old as `outstanding` counts them."""
    oldest, _ = BANDS[band]
    if oldest is not None:
        rows = rows.filter(opened_at__date__gte=today - timedelta(days=oldest))
    if band:
        younger = BANDS[band - 1][0] or 0
        rows = rows.filter(opened_at__date__lt=today - timedelta(days=younger))
    return rows


def _band(age: int) -> int:
    return next(at for at, (days, _) in enumerate(BANDS) if days is None or age <= days)


def closed_out(since: date) -> list[Outcome]:
    """What became of the money claimed since a day, by carrier and currency; nothing is left out."""
    rows = Claim.objects.filter(opened_at__date__gte=since).order_by()
    sums = {name: Sum(name) for name in ("amount", "received", "written_off", "dropped", "open")}
    found = rows.values_list("carrier__name", "currency").annotate(Count("pk"), **sums)
    return [Outcome(*row) for row in found.order_by("carrier__name", "currency")]


def wrong_money() -> Iterable[str]:
    """Claims whose money is not what their entries come to, or that do not stand where it says."""
    sums: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    entries = ClaimEntry.objects.order_by().values_list("claim", "kind", "undoes__kind")
    for pk, kind, undone, total in entries.annotate(total=Sum("amount")):
        signed = Decimal(total).quantize(CENT)
        sums[pk, undone or kind] += -signed if undone else signed
    moved = Q(received__gt=0) | Q(written_off__gt=0) | Q(pk__in={pk for pk, _ in sums})
    for claim in Claim.objects.filter(moved):
        for kind, amount in (("received", claim.received), ("written_off", claim.written_off)):
            if amount != sums[claim.pk, kind]:
                said = f"its entries come to {sums[claim.pk, kind]}"
                yield f"{claim}: {amount} {kind.replace('_', ' ')}, {said}"
    for claim in Claim.objects.exclude(amount=ACCOUNTED):
        yield f"{claim}: {claim.amount} claimed, and not what became of it and is open"
    ended = Q(status__in=WAITED_FOR, open=0) | ~Q(status__in=DUE) & Q(open__gt=0)
    written_off = Q(written_off__gt=0) & ~Q(status=ClaimStatus.WRITTEN_OFF)
    for claim in Claim.objects.filter(ended | written_off):
        yield f"{claim}: {claim.open} is open, {claim.written_off} written off: it is {claim.status}"


def wrong_units() -> Iterable[str]:
    """Shipments of which more units are claimed than they held."""
    lines = ClaimLine.objects.filter(claim__status__in=STANDING).order_by()
    claimed = lines.values_list(
        "claim__shipment", "claim__shipment__number", "order_line"
    ).annotate(units=Sum("quantity"))
    about = Claim.objects.filter(status__in=STANDING).values("shipment")
    parcels = ParcelLine.objects.filter(parcel__shipment__in=about).order_by()
    sums = parcels.values_list("parcel__shipment", "line__order_line").annotate(sum=Sum("quantity"))
    held = {(shipment, line): units for shipment, line, units in sums}
    for shipment, number, line, units in claimed:
        if units > held.get((shipment, line), 0):
            yield f"{number}: {units} units claimed, {held.get((shipment, line), 0)} were in it"
