"""Paper for buyers before there is an order: the quote as PDF."""

from orders.adapters.paper.quotation import quote

__all__ = ["quote"]
