"""Reactions of orders to what happened elsewhere."""

from inventory.models import StockLevel
from oms.models import Event
from orders.operations import serve_waiting


def allocate_waiting(event: Event) -> None:
    """Stock became available: serve the orders that wait for it."""
    level = StockLevel.objects.filter(pk=event.subject_id).first()
    if level is not None:
        serve_waiting(level.product_id, by="consumer:allocate_waiting")
