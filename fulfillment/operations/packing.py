"""Packing: picked units go into parcels with a weight."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from fulfillment.enums import FulfillmentOrderStatus
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, Parcel, ParcelLine
from fulfillment.operations import documents, parcel_lots
from fulfillment.operations.picking import refuse_held
from oms import events
from oms.counting import write_counts
from oms.errors import DomainError


class NothingPicked(DomainError):
    """More is packed than was picked."""

    code = "nothing_picked"
    message = "{number} has fewer picked units of {what} than were to be packed."


class ParcelNotPossible(DomainError):
    """A parcel weighs something and holds something."""

    code = "parcel_not_possible"
    message = "A parcel needs a weight in grams and at least one unit."


@dataclass(frozen=True, slots=True)
class PackedParcel:
    """A box: weight in grams, units by fulfilment line id, outer measures in millimetres.

    `lots` are the codes of scanned lots or serial numbers with their units, by fulfilment line id.
    """

    weight_g: int
    contents: Mapping[int, int]
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    lots: Mapping[int, Sequence[tuple[str, int]]] = field(default_factory=dict)


@transaction.atomic
def pack(document: FulfillmentOrder, *, by: str, parcels: Sequence[PackedParcel]) -> list[Parcel]:
    """Put picked units into parcels; the last unit completes the packing.

    Of tracked products the lots are kept for each parcel: those that were scanned, else what was
    picked and expires first. Raises ParcelNotPossible, NothingPicked and OrderOnHold, for tracked
    products LotMissing, LotNotHere, LotUnusable or SerialInParcel, and changes nothing.
    """
    document = documents.lock(document)
    refuse_held(document)
    if document.status not in {FulfillmentOrderStatus.ACCEPTED, FulfillmentOrderStatus.PICKED}:
        documents.refuse_move(document, FulfillmentOrderStatus.PACKED)
    lines = documents.lines_of(document)
    _refuse(document, lines, parcels)

    made = _write(document, lines, parcels)
    write_counts(lines, "packed")
    if any(line.due > line.packed for line in lines):
        events.record("fulfillment_order.units_packed", document, by=by, parcels=len(made))
    else:
        documents.move(document, FulfillmentOrderStatus.PACKED, by=by, parcels=len(made))
    return made


def _refuse(
    document: FulfillmentOrder,
    lines: Sequence[FulfillmentOrderLine],
    parcels: Sequence[PackedParcel],
) -> None:
    """Check the parcels and count their units as packed on the lines in memory."""
    units: dict[int, int] = defaultdict(int)
    for parcel in parcels:
        quantities = [quantity for quantity in parcel.contents.values() if quantity]
        if parcel.weight_g <= 0 or not quantities or min(quantities) < 0:
            raise ParcelNotPossible
        for pk, quantity in parcel.contents.items():
            units[pk] += quantity
    known = {line.pk: line for line in lines}
    for pk, quantity in units.items():
        if pk not in known or quantity > known[pk].to_pack:
            what = known[pk].order_line.sku if pk in known else f"line {pk}"
            raise NothingPicked(number=document.number, what=what)
        known[pk].packed += quantity
    if not parcels:
        raise ParcelNotPossible


def _write(
    document: FulfillmentOrder,
    lines: Sequence[FulfillmentOrderLine],
    parcels: Sequence[PackedParcel],
) -> list[Parcel]:
    first = document.parcels.count() + 1
    made = Parcel.objects.bulk_create(
        [
            Parcel(
                fulfillment_order=document,
                position=position,
                weight_g=parcel.weight_g,
                length_mm=parcel.length_mm,
                width_mm=parcel.width_mm,
                height_mm=parcel.height_mm,
            )
            for position, parcel in enumerate(parcels, start=first)
        ]
    )
    known = {line.pk: line for line in lines}
    boxes = dict(zip([row.pk for row in made], parcels, strict=True))
    rows = ParcelLine.objects.bulk_create(
        [
            ParcelLine(parcel=row, line=known[pk], quantity=quantity)
            for row in made
            for pk, quantity in boxes[row.pk].contents.items()
            if quantity
        ]
    )
    scanned = {row.pk: boxes[row.parcel_id].lots.get(row.line_id, ()) for row in rows}
    parcel_lots.fill(document, rows, scanned)
    return made
