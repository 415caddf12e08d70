"""Lots and serial numbers of parcels: scanned while packing, else first expired first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import F

from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, ParcelLine, ParcelLot
from fulfillment.operations import lots
from fulfillment.queries.parcel_lots import Loose, in_parcels, loose_lots
from fulfillment.queries.picked import picked_lots
from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import Tracking
from oms.errors import DomainError

Scanned = Mapping[int, Sequence[tuple[str, int]]]  # parcel line id -> lot codes with units


class SerialInParcel(DomainError):
    """A serial number is one unit, in one parcel."""

    code = "serial_in_parcel"
    message = "Serial number {lot} is in {parcel} already."


def fill(document: FulfillmentOrder, rows: Sequence[ParcelLine], scanned: Scanned) -> None:
    """Keep which lots are in these lines of parcels: those that were scanned, else FEFO.

    What is scanned counts, also where another lot was picked: if it lies here and is nobody's, the
    line takes it and gives back as many picked units that expire last. Untracked products cost
    nothing. Raises LotMissing, LotNotHere, LotUnusable and SerialInParcel.
    """
    tracked = [row for row in rows if lots.is_tracked(row.line)]
    if not tracked:
        return
    products = {row.line.order_line.product_id or 0 for row in tracked}
    inventory.lock_stock(document.location_id, products)
    taken = picked_lots(document.location_id, products)
    loose = loose_lots({row.line_id for row in tracked})
    made = []
    for row in sorted(tracked, key=lambda row: not scanned.get(row.pk)):
        left = loose[row.line_id]
        if codes := scanned.get(row.pk):
            chosen = _scanned(document, row, codes, left, taken)
        else:
            chosen = _suggested(row.quantity, left)
        is_serial = row.line.order_line.product.tracking == Tracking.SERIAL
        made += [
            ParcelLot(parcel_line=row, lot_id=lot, quantity=units, is_serial=is_serial)
            for lot, units in chosen.items()
        ]
    inventory.refuse_unusable({row.lot_id for row in made})
    _refuse_twice([row.lot_id for row in made if row.is_serial])
    ParcelLot.objects.bulk_create(made)


def refill(document: FulfillmentOrder, rows: Sequence[ParcelLine], scanned: Scanned) -> None:
    """As `fill`, for lines of parcels whose lots were kept before and are said anew."""
    ParcelLot.objects.filter(parcel_line__in=rows).delete()
    fill(document, rows, scanned)


def come_back(units: Mapping[tuple[int, int], int]) -> None:
    """Note that units, by order line id and lot id, are out of their parcels again.

    The latest shipment comes first. Units whose parcel was never told are passed over.
    """
    for (line, lot), quantity in units.items():
        left = quantity
        rows = ParcelLot.objects.filter(
            lot=lot,
            parcel_line__line__order_line=line,
            parcel_line__parcel__shipment__isnull=False,
            returned__lt=F("quantity"),
        )
        for row in rows.order_by("-parcel_line__parcel__shipment", "-pk"):
            part = min(row.out, left)
            left -= part
            if part:
                ParcelLot.objects.filter(pk=row.pk).update(returned=F("returned") + part)


def packed_lots(
    lines: Sequence[FulfillmentOrderLine], parcels: Sequence[int]
) -> dict[int, dict[int, int]]:
    """Units by lot id in these parcels (by id), by fulfilment line id."""
    if not any(lots.is_tracked(line) for line in lines):
        return {}
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = ParcelLot.objects.filter(parcel_line__parcel__in=parcels)
    for line, lot, units in rows.values_list("parcel_line__line", "lot", "quantity"):
        found[line][lot] += units
    return found


def _suggested(units: int, left: Loose) -> dict[int, int]:
    chosen = {}
    for lot in list(left):
        part = min(units, left[lot])
        units -= part
        left[lot] -= part
        if part:
            chosen[lot] = part
    return chosen


def _scanned(
    document: FulfillmentOrder,
    row: ParcelLine,
    codes: Sequence[tuple[str, int]],
    left: Loose,
    taken: dict[int, int],
) -> dict[int, int]:
    wanted: dict[str, int] = defaultdict(int)
    for code, units in codes:
        wanted[code.strip()] += units
    line = row.line.order_line
    if sum(wanted.values()) != row.quantity or min(wanted.values()) < 1:
        raise inventory.LotMissing(sku=line.sku, quantity=row.quantity)
    known = stock.lots_by_code(line.product_id, wanted)
    inventory.refuse_unusable(lot.pk for lot in known.values())
    here = stock.lots_here(document.location_id, [lot.pk for lot in known.values()])
    chosen = {}
    for code, units in wanted.items():
        lot = known.get(code)
        mine = left.get(lot.pk, 0) if lot else 0
        free = here.get(lot.pk, 0) - taken.get(lot.pk, 0) if lot else 0
        if lot is None or units > mine + max(free, 0):
            raise lots.LotNotHere(number=document.number, quantity=units, lot=code, sku=line.sku)
        chosen[lot.pk] = units
    _exchange(row.line, chosen, left, taken)
    return chosen


def _exchange(
    line: FulfillmentOrderLine, chosen: Mapping[int, int], left: Loose, taken: dict[int, int]
) -> None:
    """Draw the chosen lots from what the line has loose; what it had not picked is swapped in."""
    owed = 0
    for lot, units in chosen.items():
        if (more := units - left.get(lot, 0)) > 0:
            lots.take(line, lot, more)
            taken[lot] = taken.get(lot, 0) + more
            owed += more
        left[lot] = max(left.get(lot, 0) - units, 0)
    for lot in reversed(list(left)):
        back = min(left[lot], owed)
        owed -= back
        if back:
            lots.put_back(line, lot, back)
            left[lot] -= back
            taken[lot] -= back


def _refuse_twice(serials: Sequence[int]) -> None:
    """Serials that lie here and left in a parcel came back otherwise than with a return."""
    if len(set(serials)) < len(serials):
        lot = next(pk for pk in serials if serials.count(pk) > 1)
        raise SerialInParcel(lot=stock.lot_code(lot), parcel="this parcel")
    gone = []
    for row in in_parcels(serials):
        parcel = row.parcel_line.parcel
        if parcel.shipment_id is None:
            where = f"parcel {parcel.position} of {parcel.fulfillment_order.number}"
            raise SerialInParcel(lot=row.lot.code, parcel=where)
        gone.append(row.pk)
    ParcelLot.objects.filter(pk__in=gone).update(returned=F("quantity"))
