"""Reactions of orders to what happened elsewhere."""

from oms.models import Event
from orders.operations import serve_waiting


def allocate_waiting(event: Event) -> None:
    """Stock became available: serve the orders that wait for it."""
    serve_waiting(event.facts["product"], by="consumer:allocate_waiting")
