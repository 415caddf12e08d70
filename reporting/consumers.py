"""What reporting does when something happened."""

from oms.models import Event
from reporting import operations


def count(event: Event) -> None:
    """Add the event to the daily facts, in the transaction that marks it as counted."""
    operations.count([event])
