"""Paper for buyers before there is an order: the quote as PDF."""

from oms.deferred import deferred

quote = deferred("orders.adapters.paper.quotation.quote")

__all__ = ["quote"]
