"""Paper for the shelves."""

from inventory.adapters.paper.counts import count_sheet

__all__ = ["count_sheet"]
