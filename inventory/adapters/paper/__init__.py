"""Paper for the shelves and for suppliers."""

from oms.deferred import deferred

count_sheet = deferred("inventory.adapters.paper.counts.count_sheet")
purchase_order = deferred("inventory.adapters.paper.purchase_order.purchase_order")

__all__ = ["count_sheet", "purchase_order"]
