"""Telling that there is more to promise than before."""

from collections.abc import Iterable

from inventory.models import StockLevel
from oms import events


def record_increases(levels: Iterable[StockLevel], *, cause: str, by: str) -> None:
    """Tell that these levels (locked by the caller's update) have more to promise than before."""
    facts = [
        events.Fact(
            "stock.increased",
            level,
            {"product": level.product_id, "location": level.location_id, "cause": cause},
        )
        for level in levels
    ]
    if facts:
        events.record_all(facts, by=by)
