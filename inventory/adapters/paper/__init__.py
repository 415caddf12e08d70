"""Paper for the shelves and for suppliers."""

from inventory.adapters.paper.counts import count_sheet
from inventory.adapters.paper.purchase_order import purchase_order

__all__ = ["count_sheet", "purchase_order"]
