"""Lots of tracked products: chosen when they are picked, given back, handed over."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F

from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, PickedLot
from fulfillment.queries.picked import picked_lots
from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import Tracking
from oms.errors import DomainError

Named = Mapping[int, Sequence[tuple[str, int]]]  # fulfilment line id -> lot codes with units


class LotNotHere(DomainError):
    """The lot is not one of this product, or too few free units of it lie here."""

    code = "lot_not_here"
    message = "{number}: fewer than {quantity:free unit} of lot {lot} of {sku} lie here."


class LotShort(DomainError):
    """Lots that may leave do not cover what is to be picked."""

    code = "lot_short"
    message = (
        "{number}: only {usable} of {quantity:unit} of {sku} are of lots that may leave. "
        "Pick those, and reject the rest."
    )


def choose(
    document: FulfillmentOrder,
    lines: Sequence[FulfillmentOrderLine],
    wanted: Mapping[int, int],
    named: Named,
) -> None:
    """Keep which lots the picked units are of: those that were named, else first expired first.

    Lines of untracked products cost nothing. The levels are locked, so that two pickers are never
    sent to the same unit. Raises LotNotHere, LotShort, LotUnusable and LotMissing.
    """
    tracked = [line for line in lines if is_tracked(line) and wanted.get(line.pk)]
    if not tracked:
        return
    products = {line.order_line.product_id or 0 for line in tracked}
    inventory.lock_stock(document.location_id, products)
    taken = picked_lots(document.location_id, products)
    for line in tracked:
        units = wanted[line.pk]
        chosen = (
            _named(document, line, units, named[line.pk], taken)
            if named.get(line.pk)
            else _suggested(document, line, units, taken)
        )
        for lot, quantity in chosen:
            taken[lot] = taken.get(lot, 0) + quantity
            take(line, lot, quantity)


def unpick(lines: Sequence[FulfillmentOrderLine]) -> None:
    """Give back what is picked no more, the latest picked first."""
    for line in lines:
        if not is_tracked(line):
            continue
        rows = list(line.picked_lots.order_by("-pk"))
        too_many = sum(row.quantity for row in rows) - line.picked
        for row in rows:
            back = min(row.quantity - row.shipped, max(too_many, 0))
            too_many -= back
            _give_back(row, back)


def hand_over(
    line: FulfillmentOrderLine, units: int, packed: Mapping[int, int]
) -> tuple[tuple[int, int], ...]:
    """The lots of the units of a line that leave: those `packed`, by lot id, in their parcels.

    For parcels that were packed before lots were kept, in the order in which they were picked.
    """
    if not is_tracked(line):
        return ()
    gone: dict[int, int] = {}
    rows = list(line.picked_lots.filter(shipped__lt=F("quantity")).order_by("pk"))
    for row in rows:
        gone[row.lot_id] = min(packed.get(row.lot_id, 0), row.quantity - row.shipped)
    left = units - sum(gone.values())
    for row in rows:
        more = min(left, row.quantity - row.shipped - gone[row.lot_id])
        left -= more
        gone[row.lot_id] += more
        if part := gone[row.lot_id]:
            PickedLot.objects.filter(pk=row.pk).update(shipped=F("shipped") + part)
    return tuple((lot, part) for lot, part in gone.items() if part)


def came_back(
    line: Any, units: int, named: Sequence[tuple[str, int]], left: dict[int, int]
) -> list[tuple[int | None, int]]:
    """The lots of returned units of an order line; none for an untracked product.

    `left` are the lots that the customer still has, and is drawn down. Without a name the lot is
    known where the customer has only one, or sends everything back. Raises LotMissing, and
    LotNotHere for a lot that did not go out with this line.
    """
    if line.product.tracking == Tracking.NONE:
        return [(None, units)]
    if not named and (len(left) == 1 or sum(left.values()) == units):
        parts = _drain(left, units)
    else:
        parts = _returned(line, named, left)
    if sum(quantity for _, quantity in parts) != units:
        raise inventory.LotMissing(sku=line.sku, quantity=units)
    return parts


def take(line: FulfillmentOrderLine, lot_id: int, quantity: int) -> None:
    """Count units of a lot as picked for a line."""
    row = PickedLot.objects.filter(line=line, lot_id=lot_id)
    if not row.update(quantity=F("quantity") + quantity):
        PickedLot.objects.create(line=line, lot_id=lot_id, quantity=quantity)


def put_back(line: FulfillmentOrderLine, lot_id: int, quantity: int) -> None:
    """Count units of a lot as picked no more."""
    _give_back(PickedLot.objects.get(line=line, lot_id=lot_id), quantity)


def is_tracked(line: Any) -> bool:
    """Whether the line's product is told apart by lot or serial number."""
    product = line.order_line.product
    return product is not None and product.tracking != Tracking.NONE


def _drain(left: dict[int, int], units: int) -> list[tuple[int | None, int]]:
    parts: list[tuple[int | None, int]] = []
    for lot in list(left):
        part = min(units, left[lot])
        units -= part
        left[lot] -= part
        if part:
            parts.append((lot, part))
    return parts


def _returned(
    line: Any, named: Sequence[tuple[str, int]], left: dict[int, int]
) -> list[tuple[int | None, int]]:
    known = stock.lots_by_code(line.product_id, [code for code, _ in named])
    parts: list[tuple[int | None, int]] = []
    for code, units in named:
        lot = known.get(code.strip())
        if lot is None or left.get(lot.pk, 0) < units:
            raise LotNotHere(number=line.sku, quantity=units, lot=code, sku=line.sku)
        left[lot.pk] -= units
        parts.append((lot.pk, units))
    return parts


def _named(
    document: FulfillmentOrder,
    line: FulfillmentOrderLine,
    units: int,
    named: Sequence[tuple[str, int]],
    taken: Mapping[int, int],
) -> list[tuple[int, int]]:
    sku, product = line.order_line.sku, line.order_line.product_id or 0
    if sum(quantity for _, quantity in named) != units:
        raise inventory.LotMissing(sku=sku, quantity=units)
    known = stock.lots_by_code(product, [code for code, _ in named])
    inventory.refuse_unusable(lot.pk for lot in known.values())
    here = stock.lots_here(document.location_id, [lot.pk for lot in known.values()])
    wanted: dict[str, int] = defaultdict(int)
    for code, quantity in named:
        wanted[code.strip()] += quantity
    chosen = []
    for code, quantity in wanted.items():
        lot = known.get(code)
        free = here.get(lot.pk, 0) - taken.get(lot.pk, 0) if lot else 0
        if lot is None or not 0 < quantity <= free:
            raise LotNotHere(number=document.number, quantity=quantity, lot=code, sku=sku)
        chosen.append((lot.pk, quantity))
    return chosen


def _suggested(
    document: FulfillmentOrder,
    line: FulfillmentOrderLine,
    units: int,
    taken: Mapping[int, int],
) -> list[tuple[int, int]]:
    product = line.order_line.product_id or 0
    found = stock.suggest_lots(document.location_id, {product: units}, taken=taken)
    chosen = [(lot.pk, quantity) for lot, quantity in found.get(product, [])]
    usable = sum(quantity for _, quantity in chosen)
    if usable < units:
        sku = line.order_line.sku
        raise LotShort(number=document.number, usable=usable, quantity=units, sku=sku)
    return chosen


def _give_back(row: PickedLot, back: int) -> None:
    if back and back == row.quantity:
        row.delete()
    elif back:
        PickedLot.objects.filter(pk=row.pk).update(quantity=F("quantity") - back)
