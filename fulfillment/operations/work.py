"""Fulfilment orders: given to a location, accepted, or rejected with a reason that has effects."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from fulfillment.enums import FulfillmentOrderStatus, RejectReason
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from fulfillment.operations import documents, lots
from fulfillment.queries.picked import picked_lots
from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import MovementKind, StockCondition
from oms import events, numbers
from oms.counting import write_counts
from oms.errors import DomainError
from oms.history import record_created, stamp
from orders import operations as orders

if TYPE_CHECKING:
    from orders.models import Order

STILL_WORKING = {
    FulfillmentOrderStatus.OPEN,
    FulfillmentOrderStatus.ACCEPTED,
    FulfillmentOrderStatus.PICKED,
    FulfillmentOrderStatus.PACKED,
    FulfillmentOrderStatus.READY_FOR_PICKUP,
}
LOST, BROKEN = MovementKind.ADJUSTED, MovementKind.DAMAGED
STOCK_SAYS = {  # reason -> movements of the units: sign, kind, condition, reason code
    RejectReason.NOT_IN_STOCK: ((-1, LOST, StockCondition.AVAILABLE, "not-found"),),
    RejectReason.MISMATCH: ((-1, LOST, StockCondition.AVAILABLE, "miscounted"),),
    RejectReason.DAMAGED: (
        (-1, BROKEN, StockCondition.AVAILABLE, "broken"),
        (+1, BROKEN, StockCondition.DAMAGED, "broken"),
    ),
}


class NothingToReject(DomainError):
    """Every unit is packed, shipped or already given up."""

    code = "nothing_to_reject"
    message = "{number} has no such units left to reject."


@transaction.atomic
def create(order: "Order", *, by: str, units: Sequence[inventory.Units]) -> list[FulfillmentOrder]:
    """Give released units to their locations: one fulfilment order per location."""
    by_location: dict[int, list[inventory.Units]] = defaultdict(list)
    for unit in units:
        by_location[unit.location_id].append(unit)
    taken = numbers.take("fulfillment_order", len(by_location))

    made = FulfillmentOrder.objects.bulk_create(
        [
            FulfillmentOrder(
                number=number,
                order=order,
                location_id=location,
                ship_by=order.promised_at,
                for_pickup=location == order.pickup_location_id,
            )
            for number, location in zip(taken, by_location, strict=True)
        ]
    )
    FulfillmentOrderLine.objects.bulk_create(
        [
            FulfillmentOrderLine(
                fulfillment_order=document, order_line_id=unit.line_id, quantity=unit.quantity
            )
            for document in made
            for unit in by_location[document.location_id]
        ]
    )
    record_created(made, by=by)
    events.record_first((_created(document, order) for document in made), by=by)
    return made


@transaction.atomic
def accept(document: FulfillmentOrder, *, by: str) -> FulfillmentOrder:
    """Take the work on. Raises IllegalMove when it is already accepted, rejected or recalled."""
    document = documents.lock(document)

    documents.move(document, FulfillmentOrderStatus.ACCEPTED, by=by)
    return document


@transaction.atomic
def reject(
    document: FulfillmentOrder,
    *,
    by: str,
    reason: str,
    note: str = "",
    quantities: Mapping[int, int] | None = None,
) -> FulfillmentOrder:
    """Say that this location cannot supply units (by fulfilment line id; all unpacked ones if none).

    The reason corrects stock: *not in stock* leaves nothing to promise there, *mismatch* takes the
    missing units off, *damaged* books them as damaged; the others leave stock as it is. The
    units are then routed again without this location, at once or in the channel's next re-routing
    window; its accuracy falls, and what was not found is to be counted. Raises NothingToReject.
    """
    document = documents.lock(document)
    lines = {line.pk: line for line in documents.lines_of(document)}
    wanted = quantities or {pk: line.due - line.packed for pk, line in lines.items()}
    wanted = {pk: units for pk, units in wanted.items() if units}
    _refuse_reject(document, lines, wanted)

    units = _drop(document, [(lines[pk], quantity) for pk, quantity in wanted.items()])
    orders.recall_units(document.order, by=by, units=units, reason=f"{document}: {_said(reason)}")
    if reason in STOCK_SAYS:
        lost = _losses(document, units, lines, reason)
        taken = picked_lots(document.location_id, {change.product_id for change in lost})
        inventory.move(inventory.spread(lost, taken=taken), by=by)
        _tell_missed(document, units, lines, reason, by=by)
    _settle_rejection(document, list(lines.values()), reason, note, by=by)
    orders.route_rest(document.order, by=by, units=units, avoid=[document.location_id])
    return document


def finish_if_done(
    document: FulfillmentOrder, lines: Sequence[FulfillmentOrderLine], *, by: str, to: str
) -> None:
    """After units were given up: end the document when nothing is left, or call it shipped."""
    if any(line.due > line.shipped for line in lines):
        return
    shipped = any(line.shipped for line in lines)
    documents.move(document, FulfillmentOrderStatus.SHIPPED if shipped else to, by=by)


def _created(document: FulfillmentOrder, order: "Order") -> events.Fact:
    document.order = order
    facts = {**documents.about(order), "location": document.location_id}
    return events.Fact("fulfillment_order.created", document, facts)


def _refuse_reject(
    document: FulfillmentOrder,
    lines: Mapping[int, FulfillmentOrderLine],
    wanted: Mapping[int, int],
) -> None:
    if document.status not in STILL_WORKING:
        raise documents.IllegalMove(
            number=document.number, status=document.status, to=FulfillmentOrderStatus.REJECTED
        )
    impossible = any(
        pk not in lines or not 0 < quantity <= lines[pk].due - lines[pk].packed
        for pk, quantity in wanted.items()
    )
    if not wanted or impossible:
        raise NothingToReject(number=document.number)


def _drop(
    document: FulfillmentOrder, dropped: Sequence[tuple[FulfillmentOrderLine, int]]
) -> list[inventory.Units]:
    for line, quantity in dropped:
        line.dropped += quantity
        line.picked = min(line.picked, line.due)
    write_counts([line for line, _ in dropped], "dropped", "picked")
    lots.unpick([line for line, _ in dropped])
    return [
        inventory.Units(line.order_line_id, document.location_id, quantity)
        for line, quantity in dropped
    ]


def _losses(
    document: FulfillmentOrder,
    units: Sequence[inventory.Units],
    lines: Mapping[int, FulfillmentOrderLine],
    reason: str,
) -> list[inventory.Change]:
    """What the reason says about the stock figure; the units are no longer reserved."""
    products: dict[int, Any] = {
        line.order_line_id: line.order_line.product_id for line in lines.values()
    }
    lost: dict[int, int] = defaultdict(int)
    for unit in units:
        lost[products[unit.line_id]] += unit.quantity
    if reason == RejectReason.NOT_IN_STOCK:
        lost = stock.unreserved(lost, document.location_id)
    return [
        inventory.Change(
            product,
            document.location_id,
            sign * quantity,
            kind,
            document.number,
            f"Rejected: {_said(reason)}",
            condition=condition,
            reason_code=code,
        )
        for product, quantity in lost.items()
        for sign, kind, condition, code in STOCK_SAYS[RejectReason(reason)]
    ]


def _tell_missed(
    document: FulfillmentOrder,
    units: Sequence[inventory.Units],
    lines: Mapping[int, FulfillmentOrderLine],
    reason: str,
    *,
    by: str,
) -> None:
    """Say what was not as the figure said: the location's accuracy falls, and it is counted."""
    products = {line.order_line_id: line.order_line.product_id for line in lines.values()}
    missed = [[products[unit.line_id], unit.quantity] for unit in units]
    events.record(
        "fulfillment_order.stock_missed",
        document,
        by=by,
        reason=reason,
        location=document.location_id,
        products=missed,
    )


def _settle_rejection(
    document: FulfillmentOrder,
    lines: Sequence[FulfillmentOrderLine],
    reason: str,
    note: str,
    *,
    by: str,
) -> None:
    document.reject_reason, document.note = reason, note
    stamp(document, by=by, reason=reason)
    document.save(update_fields=["reject_reason", "note"])
    finish_if_done(document, list(lines), by=by, to=FulfillmentOrderStatus.REJECTED)
    if document.status != FulfillmentOrderStatus.REJECTED:
        events.record("fulfillment_order.units_rejected", document, by=by, reason=reason)


def _said(reason: str) -> str:
    """A reason for rejecting, as it stands in a sentence."""
    return RejectReason(reason).label.lower()
