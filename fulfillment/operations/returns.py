"""Returns: asked for, approved, received with an outcome for each unit, closed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from fulfillment.enums import Outcome, ReturnReason, ReturnStatus
from fulfillment.models import Return, ReturnLine, Shipment
from fulfillment.operations import documents, lots
from fulfillment.operations.recalling import recall
from fulfillment.operations.work import STILL_WORKING
from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import MovementKind, StockCondition, SupplyKind, Tracking
from inventory.operations import Units
from oms import events, numbers
from oms.counting import write_counts
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders
from orders.enums import CancelReason

if TYPE_CHECKING:
    from orders.models import Order, OrderLine

REASON = "returned"  # code of the reason on movements that write returned units off
ON_THE_WAY = timedelta(days=7)  # from approval until the goods are back, as a rule
NOT_SELLABLE = {ReturnReason.DAMAGED, ReturnReason.DEFECTIVE}  # promises are not built on them
OPEN = {ReturnStatus.REQUESTED, ReturnStatus.APPROVED}
COMES_BACK = {  # outcome -> the condition in which its units are booked in
    Outcome.RESTOCK: StockCondition.AVAILABLE,
    Outcome.QUARANTINE: StockCondition.QUARANTINED,
    Outcome.SCRAP: StockCondition.DAMAGED,
}

Named = Mapping[tuple[int, str], Sequence[tuple[str, int]]]  # return line id, outcome -> lots
NOTHING: Named = MappingProxyType({})


class NotReturnable(DomainError):
    """More units than were shipped and are not yet returned or announced."""

    code = "not_returnable"
    message = "Only {available} units of {sku} can still be returned."


class WrongOutcome(DomainError):
    """An outcome for more units than were announced and are still missing."""

    code = "wrong_outcome"
    message = "{number} waits for only {missing} units of {sku}."


@transaction.atomic
def request_return(
    order: "Order",
    *,
    by: str,
    quantities: Mapping[int, int],
    reason: str,
    reference: str = "",
    note: str = "",
) -> Return:
    """Ask to send units (by order line id) back to the location that shipped them.

    A repeat with the same reference gives the existing return. Raises NotReturnable.
    """
    order = orders.lock_order(order)
    if reference and (known := order.returns.filter(reference=reference).first()):
        return known
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    lines = {line.pk: line for line in order.lines.all()}
    _refuse_unreturnable(lines, wanted)

    document = Return(
        number=numbers.take("return")[0],
        order=order,
        location_id=_origin(order, wanted),
        reference=reference,
        note=note,
        requested_at=timezone.now(),
    )
    stamp(document, by=by, reason=reason)
    document.save()
    ReturnLine.objects.bulk_create(
        [
            ReturnLine(return_order=document, order_line_id=pk, reason=reason, quantity=quantity)
            for pk, quantity in wanted.items()
        ]
    )
    events.record("return.requested", document, by=by, **documents.about(order), reason=reason)
    return document


@transaction.atomic
def approve(document: Return, *, by: str) -> Return:
    """Let the buyer send the goods. Raises IllegalMove."""
    document = documents.lock(document)

    documents.move(document, ReturnStatus.APPROVED, by=by)
    _expect(document, by=by)
    return document


@transaction.atomic
def decline(document: Return, *, by: str, reason: str) -> Return:
    """Refuse the return, or give up waiting for it. Raises IllegalMove once goods are received."""
    document = documents.lock(document)
    if any(line.received for line in document.lines.all()):
        raise documents.IllegalMove(
            number=document.number, status="partly received", to=ReturnStatus.DECLINED
        )

    documents.move(document, ReturnStatus.DECLINED, by=by, reason=reason)
    _expect(document, by=by)
    return document


@transaction.atomic
def receive(
    document: Return,
    *,
    by: str,
    outcomes: Mapping[int, Mapping[str, int]],
    named: Named = NOTHING,
) -> Return:
    """Give received units (by return line id) their outcome, and credit them to the order.

    *Restock* makes them sellable; *quarantine* sets them apart until somebody has looked; *scrap*
    books them in as damaged and writes them off at once, so that both facts show; what is *sent
    back* to the sender moves no stock and is not credited. When every announced unit has an outcome the return is received. Raises
    WrongOutcome and changes nothing.

    `named` gives lots or serial numbers by return line and outcome; they are needed where the
    customer has units of several. Raises LotMissing and LotNotHere.
    """
    document = documents.lock(document)
    documents.refuse_move(document, ReturnStatus.RECEIVED)
    lines = {line.pk: line for line in document.lines.select_related("order_line__product")}
    _count(document, lines, outcomes)

    write_counts(lines.values(), *ReturnLine.OUTCOME_FIELDS.values())
    if changes := _changes(document, lines, outcomes, named):
        inventory.move(changes, by=by)
    if units := _credited(document, lines, outcomes):
        document.credit += orders.record_return(
            document.order, by=by, units=units, reference=document.number
        )
        stamp(document, by=by, reason="credited")
        document.save(update_fields=["credit"])
    _record(document, list(lines.values()), by=by)
    _expect(document, by=by)
    return document


@transaction.atomic
def close(document: Return, *, by: str) -> Return:
    """End a received return. Raises IllegalMove."""
    document = documents.lock(document)

    documents.move(document, ReturnStatus.CLOSED, by=by)
    return document


@transaction.atomic
def take_back(
    order: "Order", *, by: str, quantities: Mapping[int, int], reference: str
) -> Return | None:
    """Do what the channel announced: recall and cancel what has not left, expect the rest back."""
    order = orders.lock_order(order)
    left = dict(quantities)
    _cancel_unshipped(order, left, by=by, reference=reference)
    lines = {line.pk: line for line in order.lines.all()}
    free = {pk: min(units, _returnable(lines[pk])) for pk, units in left.items()}
    if not any(free.values()):
        return None
    document = request_return(
        order, by=by, quantities=free, reason=ReturnReason.OTHER, reference=reference
    )
    return approve(document, by=by) if document.status == ReturnStatus.REQUESTED else document


@transaction.atomic
def expect_back(shipment: Shipment, *, by: str, reason: str) -> Return | None:
    """Open an approved return for everything in a shipment that comes back by itself.

    Nothing, when none of it is left to come back; a repeat gives the existing return.
    """
    order = orders.lock_order(shipment.order)
    if known := order.returns.filter(reference=shipment.number).first():
        return known
    quantities: dict[int, int] = defaultdict(int)
    for parcel in shipment.parcels.prefetch_related("lines__line"):
        for row in parcel.lines.all():
            quantities[row.line.order_line_id] += row.quantity
    lines = {line.pk: line for line in order.lines.all()}
    free = {pk: min(q, _returnable(lines[pk])) for pk, q in quantities.items()}
    if not any(free.values()):
        return None
    document = request_return(
        order, by=by, quantities=free, reason=reason, reference=shipment.number
    )
    return approve(document, by=by)


def _cancel_unshipped(order: "Order", left: dict[int, int], *, by: str, reference: str) -> None:
    """Recall fulfilment orders that hold wanted units, cancel those, and route the rest again."""
    lines = {line.pk: line for line in order.lines.filter(pk__in=left)}
    wanted = {
        pk: min(units, lines[pk].due - lines[pk].shipped)
        for pk, units in left.items()
        if lines[pk].due > lines[pk].shipped
    }
    if not wanted:
        return
    working = order.fulfillment_orders.filter(status__in=STILL_WORKING)
    for document in working.filter(lines__order_line__in=wanted).distinct().order_by("pk"):
        recall(document, by=by, reason=f"Announced by the channel: {reference}")
    orders.cancel_lines(
        order, by=by, quantities=wanted, reason=CancelReason.CUSTOMER, note=reference
    )
    for pk, units in wanted.items():
        left[pk] -= units
    orders.advance(order, by=by)


def _returnable(line: "OrderLine") -> int:
    """Shipped units that are neither returned nor announced by an open return."""
    announced = ReturnLine.objects.filter(order_line=line, return_order__status__in=OPEN).aggregate(
        total=Sum("quantity")
        - Sum("restocked")
        - Sum("quarantined")
        - Sum("scrapped")
        - Sum("sent_back")
    )
    return line.shipped - line.returned - (announced["total"] or 0)


def _refuse_unreturnable(lines: "Mapping[int, OrderLine]", wanted: Mapping[int, int]) -> None:
    if not wanted:
        raise NotReturnable(available=0, sku="nothing")
    for pk, quantity in wanted.items():
        available = _returnable(lines[pk]) if pk in lines else 0
        if not 0 < quantity <= available:
            sku = lines[pk].sku if pk in lines else f"line {pk}"
            raise NotReturnable(available=available, sku=sku)


def _origin(order: "Order", wanted: Mapping[int, int]) -> int:
    """The location that shipped the most recent of these units."""
    shipped = order.fulfillment_orders.filter(
        lines__order_line__in=list(wanted), lines__shipped__gt=0
    )
    return shipped.order_by("-pk").values_list("location_id", flat=True)[0]


def _count(
    document: Return,
    lines: Mapping[int, ReturnLine],
    outcomes: Mapping[int, Mapping[str, int]],
) -> None:
    total = 0
    for pk, split in outcomes.items():
        line = lines.get(pk)
        units = sum(split.values())
        missing = line.quantity - line.received if line else 0
        if line is None or units > missing or any(quantity < 0 for quantity in split.values()):
            sku = line.order_line.sku if line else f"line {pk}"
            raise WrongOutcome(number=document.number, missing=missing, sku=sku)
        for outcome, quantity in split.items():
            name = ReturnLine.OUTCOME_FIELDS[Outcome(outcome)]
            setattr(line, name, getattr(line, name) + quantity)
        total += units
    if not total:
        raise WrongOutcome(number=document.number, missing=0, sku="nothing")


def _changes(
    document: Return,
    lines: Mapping[int, ReturnLine],
    outcomes: Mapping[int, Mapping[str, int]],
    named: Named,
) -> list[inventory.Change]:
    changes = []
    for pk, split in outcomes.items():
        line = lines[pk].order_line
        tracked = line.product is not None and line.product.tracking != Tracking.NONE
        left = stock.shipped_lots(line.pk) if tracked else {}
        for outcome, quantity in split.items():
            if not quantity or outcome == Outcome.SEND_BACK:
                continue
            for lot, units in lots.came_back(line, quantity, named.get((pk, outcome), ()), left):
                changes += _coming_back(document, line, Outcome(outcome), units, lot)
    return changes


def _coming_back(
    document: Return, line: "OrderLine", outcome: Outcome, units: int, lot: int | None
) -> list[inventory.Change]:
    kinds = [(MovementKind.RETURNED, units)]
    if outcome == Outcome.SCRAP:
        kinds.append((MovementKind.SCRAPPED, -units))
    return [
        inventory.Change(
            line.product_id,  # type: ignore[arg-type]  # what was shipped has one
            document.location_id,
            signed,
            kind,
            document.number,
            f"Returned: {outcome}",
            None,
            line.pk,
            COMES_BACK[outcome],
            REASON,
            lot_id=lot,
        )
        for kind, signed in kinds
    ]


def _credited(
    document: Return,
    lines: Mapping[int, ReturnLine],
    outcomes: Mapping[int, Mapping[str, int]],
) -> list[Units]:
    units = []
    for pk, split in outcomes.items():
        quantity = sum(units for name, units in split.items() if name != Outcome.SEND_BACK)
        if quantity:
            units.append(Units(lines[pk].order_line_id, document.location_id, quantity))
    return units


def _expect(document: Return, *, by: str) -> None:
    """Say which sellable units are still on their way back; nothing, unless it is approved."""
    rows = []
    if document.status == ReturnStatus.APPROVED and document.approved_at:
        due_on = document.approved_at.date() + ON_THE_WAY
        rows = [
            inventory.Expected(
                line.order_line.product_id,  # type: ignore[arg-type]  # what was shipped has one
                document.location_id,
                line.quantity - line.received,
                due_on,
            )
            for line in document.lines.select_related("order_line")
            if line.reason not in NOT_SELLABLE
        ]
    inventory.expect(SupplyKind.RETURN, document.number, rows, by=by)


def _record(document: Return, lines: Sequence[ReturnLine], *, by: str) -> None:
    kept = [
        [line.order_line_id, line.order_line.product_id, line.received - line.sent_back]
        for line in lines
    ]
    facts: dict[str, Any] = {
        "credit": str(document.credit),
        "location": document.location_id,
        "lines": [row for row in kept if row[2]],
    }
    if all(line.received == line.quantity for line in lines):
        documents.move(document, ReturnStatus.RECEIVED, by=by, **facts)
    else:
        events.record(
            "return.partially_received",
            document,
            by=by,
            **documents.about(document.order),
            **facts,
        )
