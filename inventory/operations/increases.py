"""Telling that there is more to promise than before."""

from collections.abc import Iterable

from inventory.models import StockLevel
from oms import events


def record_increases(levels: Iterable[StockLevel], *, cause: str, by: str, **facts: object) -> None:
    """Tell that these levels (locked by the caller's update) have more to promise than before."""
    places = ((row.pk, row.product_id, row.location_id) for row in levels)
    tell_increases(places, cause=cause, by=by, **facts)


def tell_increases(
    places: Iterable[tuple[int, int, int]], *, cause: str, by: str, **facts: object
) -> None:
    """The same for (level, product, location), where nobody has read the rows.

    One event tells of all of them, as of the first level in key order, so that a delivery of a
    thousand products is one thing that happened.
    """
    ordered = sorted(places)
    if ordered:
        first, *_ = ordered[0]
        where = [[product, location] for _, product, location in ordered]
        events.record(
            "stock.increased", StockLevel(pk=first), by=by, levels=where, cause=cause, **facts
        )
