"""What locations have taken from their shelves and not handed over."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import F, Sum

from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, PickedLot
from inventory import queries as stock
from inventory.enums import Tracking

if TYPE_CHECKING:
    from inventory.models import Lot


def picked_units(location_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Units in trolleys and parcels of a location, by product id."""
    rows = FulfillmentOrderLine.objects.filter(
        fulfillment_order__location=location_id,
        order_line__product__in=list(product_ids),
        picked__gt=F("shipped"),
    )
    totals = rows.order_by().values_list("order_line__product")
    return dict(totals.annotate(units=Sum(F("picked") - F("shipped"))))


def picked_lots(location_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Units in trolleys and parcels of a location, by lot id."""
    rows = PickedLot.objects.filter(
        line__fulfillment_order__location=location_id,
        lot__product__in=list(product_ids),
        quantity__gt=F("shipped"),
    )
    totals = rows.order_by().values_list("lot")
    return dict(totals.annotate(units=Sum(F("quantity") - F("shipped"))))


def lots_to_pick(
    document: FulfillmentOrder, lines: Iterable[FulfillmentOrderLine]
) -> "dict[int, list[tuple[Lot, int]]]":
    """Lots with units, by line id, that picking all would take now: first expired, first out.

    Nobody is bound to it: who scans another lot picks that one. Untracked products cost nothing.
    """
    tracked = [line for line in lines if line.to_pick and _is_tracked(line)]
    if not tracked:
        return {}
    products = {line.order_line.product_id or 0 for line in tracked}
    taken = picked_lots(document.location_id, products)
    found = {}
    for line in tracked:
        product = line.order_line.product_id or 0
        lots = stock.suggest_lots(document.location_id, {product: line.to_pick}, taken=taken)
        found[line.pk] = lots.get(product, [])
        for lot, units in found[line.pk]:
            taken[lot.pk] = taken.get(lot.pk, 0) + units
    return found


def _is_tracked(line: FulfillmentOrderLine) -> bool:
    product = line.order_line.product
    return product is not None and product.tracking != Tracking.NONE
