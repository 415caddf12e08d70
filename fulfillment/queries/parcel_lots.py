"""Lots and serial numbers of parcels: what may still be packed, what is where, who got it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, QuerySet

from fulfillment.models import FulfillmentOrderLine, ParcelLot, PickedLot
from inventory.queries import lots_with_code

Loose = dict[int, int]  # units by lot id, first expired first
ROW = ("lot", "parcel_line__parcel__fulfillment_order", "parcel_line__parcel__shipment")


@dataclass(frozen=True, slots=True)
class PackedLot:
    """Units of a lot in a parcel of an order line; `shipment` is empty until it leaves."""

    order_line: int
    work_id: int
    work: str
    shipment_id: int | None
    shipment: str
    parcel: int
    tracking_number: str
    code: str
    units: int
    returned: int


def loose_lots(line_ids: Iterable[int]) -> dict[int, Loose]:
    """Picked units that are in no parcel, by fulfilment line id and lot, first expired first."""
    lines = list(line_ids)
    packed: dict[tuple[int, int], int] = defaultdict(int)
    waiting = ParcelLot.objects.filter(
        parcel_line__line__in=lines, parcel_line__parcel__shipment=None
    )
    for line, lot, units in waiting.values_list("parcel_line__line", "lot", "quantity"):
        packed[line, lot] += units
    rows = PickedLot.objects.filter(line__in=lines, quantity__gt=F("shipped"))
    rows = rows.order_by(F("lot__expires_on").asc(nulls_last=True), "lot__created_at", "lot_id")
    found: dict[int, Loose] = {line: {} for line in lines}
    for row in rows:
        units = row.quantity - row.shipped - packed[row.line_id, row.lot_id]
        if units > 0:
            found[row.line_id][row.lot_id] = units
    return found


def lots_to_pack(lines: Iterable[FulfillmentOrderLine]) -> dict[int, list[tuple[str, int]]]:
    """Codes and units of picked lots that are in no parcel, by fulfilment line id, FEFO."""
    loose = loose_lots({line.pk for line in lines})
    pks = {lot for lots in loose.values() for lot in lots}
    codes = dict(PickedLot.objects.filter(lot__in=pks).values_list("lot", "lot__code"))
    return {
        line: [(codes[lot], units) for lot, units in lots.items()]
        for line, lots in loose.items()
        if lots
    }


def in_parcels(lot_ids: Iterable[int]) -> QuerySet[ParcelLot]:
    """Where units of these lots are packed or with a customer, latest first."""
    rows = ParcelLot.objects.filter(lot__in=list(lot_ids), returned__lt=F("quantity"))
    return rows.select_related(*ROW).order_by("-pk")


def parcels_with_code(code: str) -> list[ParcelLot]:
    """Parcels that left with the lot or serial number of this code and were not sent back whole."""
    rows = in_parcels(lots_with_code(code).values_list("pk", flat=True))
    shipped = rows.filter(parcel_line__parcel__shipment__isnull=False)
    return list(shipped.select_related(*ROW, "parcel_line__line__order_line__order")[:20])


def lots_of_lines(order_line_ids: Iterable[int]) -> dict[int, list[PackedLot]]:
    """What lots and serial numbers are in the parcels of order lines, by order line id."""
    found: dict[int, list[PackedLot]] = defaultdict(list)
    rows = ParcelLot.objects.filter(parcel_line__line__order_line__in=list(order_line_ids))
    for one in _told(rows):
        found[one.order_line].append(one)
    return dict(found)


def parcels_of_lot(lot_id: int) -> list[PackedLot]:
    """Every parcel that units of the lot were put into, also those that have not left."""
    return _told(ParcelLot.objects.filter(lot=lot_id))


def _told(rows: QuerySet[ParcelLot]) -> list[PackedLot]:
    rows = rows.select_related(*ROW, "parcel_line__line")
    found = []
    for row in rows.order_by("parcel_line__parcel", "lot__code"):
        parcel, shipment = row.parcel_line.parcel, row.parcel_line.parcel.shipment
        found.append(
            PackedLot(
                row.parcel_line.line.order_line_id,
                parcel.fulfillment_order_id,
                parcel.fulfillment_order.number,
                parcel.shipment_id,
                shipment.number if shipment else "",
                parcel.position,
                shipment.tracking_number if shipment else "",
                row.lot.code,
                row.quantity,
                row.returned,
            )
        )
    return found
