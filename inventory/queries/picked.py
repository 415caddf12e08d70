"""What is on hand and not on the shelf: in trolleys and parcels. The apps above know."""

from collections.abc import Iterable
from importlib import import_module

from django.utils.module_loading import import_string


def picked_units(location_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Units picked at a location that have not left it, by product id; zeros may be left out.

    The wiring says who answers; without an answer nothing is picked.
    """
    path = import_module("oms.wiring").ANSWERS.get("inventory.picked_units")
    return import_string(path)(location_id, list(product_ids)) if path else {}
