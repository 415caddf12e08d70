"""Reactions of customers: telling people what happened to what they ordered."""

from customers import operations
from oms.models import Event


def notify(event: Event) -> None:
    """Something happened that a customer may be told of."""
    operations.notify(event)
