"""Recalling: work that has not left is taken back from its location."""

from typing import TYPE_CHECKING

from django.db import transaction

from fulfillment.enums import FulfillmentOrderStatus
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, ParcelLine, ParcelLot
from fulfillment.operations import documents, lots
from fulfillment.operations.work import STILL_WORKING, finish_if_done
from inventory.operations import Units
from oms.counting import write_counts
from oms.errors import DomainError
from orders import operations as orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from orders.models import Cancellation, Order


class NothingToRecall(DomainError):
    """Everything has left, or the work has ended."""

    code = "nothing_to_recall"
    message = "{number} is {status}; nothing is left to recall."


@transaction.atomic
def recall(document: FulfillmentOrder, *, by: str, reason: str) -> FulfillmentOrder:
    """Take back every unit that has not shipped; its stock is free again.

    Unpacks what is packed. The units wait for stock again: call `orders.advance` to route them
    anew, or cancel them. Raises NothingToRecall when a shipment was faster.
    """
    return _take_back(document, orders.recall_units, by=by, reason=reason)


@transaction.atomic
def withdraw(document: FulfillmentOrder, *, by: str, reason: str) -> FulfillmentOrder:
    """Like `recall`, but the order keeps its units reserved, for an act that decides about them."""
    return _take_back(document, orders.withdraw_units, by=by, reason=reason)


def _take_back(
    document: FulfillmentOrder, give: "Callable[..., Order]", *, by: str, reason: str
) -> FulfillmentOrder:
    document = documents.lock(document)
    lines = documents.lines_of(document)
    units = [
        Units(line.order_line_id, document.location_id, line.due - line.shipped)
        for line in lines
        if line.due > line.shipped
    ]
    if document.status not in STILL_WORKING or not units:
        raise NothingToRecall(number=document.number, status=document.status)

    _unpack(document, lines)
    give(document.order, by=by, units=units, reason=reason)
    finish_if_done(document, lines, by=by, to=FulfillmentOrderStatus.CANCELLED)
    return document


@transaction.atomic
def cancel_order(order: "Order", *, by: str, reason: str, note: str = "") -> "Cancellation":
    """Recall all work that has not left, then cancel every unit that has not shipped.

    Raises NothingToCancel when everything has shipped: a return is the way that is still open.
    """
    order = orders.lock_order(order)
    for document in order.fulfillment_orders.filter(status__in=STILL_WORKING).order_by("pk"):
        recall(document, by=by, reason=f"Cancelled: {reason}")
    lines = list(order.lines.all())

    if any(line.shipped for line in lines):
        left = {line.pk: line.due - line.shipped for line in lines if line.due > line.shipped}
        return orders.cancel_lines(order, by=by, quantities=left, reason=reason, note=note)
    return orders.cancel(order, by=by, reason=reason, note=note)


def _unpack(document: FulfillmentOrder, lines: list[FulfillmentOrderLine]) -> None:
    waiting = document.parcels.filter(shipment=None)
    ParcelLot.objects.filter(parcel_line__parcel__in=waiting).delete()
    ParcelLine.objects.filter(parcel__in=waiting).delete()
    waiting.delete()
    for line in lines:
        line.dropped = line.quantity - line.shipped
        line.packed = line.picked = line.shipped
    write_counts(lines, "dropped", "picked", "packed")
    lots.unpick(lines)
