"""Shipping: packed parcels are handed to a carrier."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import FulfillmentOrderStatus
from fulfillment.models import (
    Carrier,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Parcel,
    ParcelLine,
    Shipment,
)
from fulfillment.operations import documents, lots, parcel_lots
from inventory.operations import Units
from oms import events, numbers
from oms.counting import write_counts
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders

# Parcel's position and fulfilment line id -> lot codes with units.
InParcels = Mapping[tuple[int, int], Sequence[tuple[str, int]]]
AS_PACKED: InParcels = MappingProxyType({})


class NothingPacked(DomainError):
    """No parcel waits for a carrier."""

    code = "nothing_packed"
    message = "{number} has no packed parcel that waits for a carrier."


class UnknownParcel(DomainError):
    """No packed parcel with this position holds the line."""

    code = "unknown_parcel"
    message = "{number} has no packed parcel {parcel} with that line that waits for a carrier."


class UnknownCarrier(DomainError):
    """No active carrier has this code."""

    code = "unknown_carrier"
    message = "There is no active carrier {carrier}; known: {known}."


class ToBeCollected(DomainError):
    """The buyer comes for it."""

    code = "to_be_collected"
    message = "{number} is not sent: its buyer collects it."


@transaction.atomic
def ship(
    document: FulfillmentOrder,
    *,
    by: str,
    carrier: str,
    tracking_number: str = "",
    service: str = "",
    named: InParcels = AS_PACKED,
) -> Shipment:
    """Hand every packed parcel to a carrier: stock is issued, the order learns of it.

    A fulfilment order may ship in parts; it is shipped when nothing is left. `named` says anew
    which lots or serial numbers are in lines of parcels, for whoever scans them only now. Raises
    NothingPacked, UnknownCarrier, ToBeCollected and OrderOnHold; UnknownParcel and what `pack`
    raises for lots; when the order was cancelled meanwhile, IllegalMove.
    """
    document = documents.lock(document)
    if document.for_pickup:
        raise ToBeCollected(number=document.number)
    if named:  # the order's credit before the stock that is named anew
        orders.lock_credit_of([document.order])
        _name(document, named)
    shipment = hand_over(
        document, by=by, carrier=_carrier(carrier), tracking=(tracking_number, service)
    )
    if not any(line.due > line.shipped for line in documents.lines_of(document)):
        documents.move(document, FulfillmentOrderStatus.SHIPPED, by=by)
    return shipment


def hand_over(
    document: FulfillmentOrder, *, by: str, carrier: Carrier, tracking: tuple[str, str] = ("", "")
) -> Shipment:
    """Issue what is packed of a locked document and record its shipment; moves no status.

    `tracking` is the number and the service. Raises NothingPacked, IllegalMove and OrderOnHold.
    """
    lines = documents.lines_of(document)
    parcels = list(document.parcels.filter(shipment=None).order_by("position"))
    if document.status in {FulfillmentOrderStatus.CANCELLED, FulfillmentOrderStatus.REJECTED}:
        documents.refuse_move(document, FulfillmentOrderStatus.SHIPPED)
    if not parcels:
        raise NothingPacked(number=document.number)

    shipment = _write(document, parcels, carrier, *tracking, by=by)
    packed = parcel_lots.packed_lots(lines, [parcel.pk for parcel in parcels])
    units = _hand_over(document, lines, packed)
    orders.record_shipment(document.order, by=by, units=units, reference=shipment.number)
    _record(document, shipment, lines, units, by=by)
    return shipment


def _name(document: FulfillmentOrder, named: InParcels) -> None:
    rows = ParcelLine.objects.filter(
        parcel__fulfillment_order=document, parcel__shipment=None
    ).select_related("parcel", "line__order_line__product")
    held = {(row.parcel.position, row.line_id): row for row in rows}
    for parcel, line in named:
        if (parcel, line) not in held:
            raise UnknownParcel(number=document.number, parcel=parcel)
    scanned = {held[key].pk: codes for key, codes in named.items()}
    parcel_lots.refill(document, [held[key] for key in named], scanned)


def _carrier(code: str) -> Carrier:
    carrier = Carrier.objects.filter(code=code, is_active=True).first()
    if carrier is None:
        active = Carrier.objects.filter(is_active=True).order_by("code")
        known = ", ".join(active.values_list("code", flat=True)) or "none"
        raise UnknownCarrier(carrier=code, known=known)
    return carrier


def _write(
    document: FulfillmentOrder,
    parcels: Sequence[Parcel],
    carrier: Carrier,
    tracking_number: str,
    service: str,
    *,
    by: str,
) -> Shipment:
    shipment = Shipment(
        number=numbers.take("shipment")[0],
        fulfillment_order=document,
        order=document.order,
        carrier=carrier,
        service=service,
        tracking_number=tracking_number,
        weight_g=sum(parcel.weight_g for parcel in parcels),
        shipped_at=timezone.now(),
    )
    stamp(shipment, by=by)
    shipment.save()
    Parcel.objects.filter(pk__in=[parcel.pk for parcel in parcels]).update(shipment=shipment)
    return shipment


def _hand_over(
    document: FulfillmentOrder,
    lines: Sequence[FulfillmentOrderLine],
    packed: Mapping[int, Mapping[int, int]],
) -> list[Units]:
    units = [
        Units(
            line.order_line_id,
            document.location_id,
            line.to_ship,
            lots.hand_over(line, line.to_ship, packed.get(line.pk, {})),
        )
        for line in lines
        if line.to_ship
    ]
    for line in lines:
        line.shipped = line.packed
    write_counts(lines, "shipped")
    return units


def _record(
    document: FulfillmentOrder,
    shipment: Shipment,
    lines: Sequence[FulfillmentOrderLine],
    units: Sequence[Units],
    *,
    by: str,
) -> None:
    products = {line.order_line_id: line.order_line.product_id for line in lines}
    promised = document.order.promised_at
    events.record(
        "shipment.shipped",
        shipment,
        by=by,
        **documents.about(document.order),
        location=document.location_id,
        units=[[unit.line_id, products[unit.line_id], unit.quantity] for unit in units],
        on_time=None if promised is None else shipment.shipped_at <= promised,
    )
