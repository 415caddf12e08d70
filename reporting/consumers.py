"""What reporting does when something happened."""

from collections.abc import Sequence

from oms.events import takes_many
from oms.models import Event
from reporting import operations


@takes_many
def count(events: Sequence[Event]) -> None:
    """Add the events to the daily facts, in the transaction that marks them as counted."""
    operations.count(events)
