"""What is on hand and not on the shelf: in trolleys and parcels. The apps above know."""

from collections.abc import Iterable, Sequence
from importlib import import_module

from django.utils.module_loading import import_string

from inventory.models import CountLine
from inventory.queries.lots import lots_here


def picked_units(location_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Units picked at a location that have not left it, by product id; zeros may be left out.

    The wiring says who answers; without an answer nothing is picked.
    """
    path = import_module("oms.wiring").ANSWERS.get("inventory.picked_units")
    return import_string(path)(location_id, list(product_ids)) if path else {}


def lots_on_shelf(location_id: int, lines: Sequence[CountLine]) -> dict[int, int]:
    """Good units of the lots of these lines that are on the shelf, by lot id."""
    if not lines:
        return {}
    here = lots_here(location_id, [line.lot_id or 0 for line in lines])
    path = import_module("oms.wiring").ANSWERS.get("inventory.picked_lots")
    products = {line.level.product_id for line in lines}
    picked = import_string(path)(location_id, products) if path else {}
    return {lot: units - picked.get(lot, 0) for lot, units in here.items()}
