"""What reporting does when something happened."""

from collections.abc import Sequence

from oms.events import takes_many
from oms.models import Event
from reporting import operations
from reporting.queries.promises import orders_of_shipments


@takes_many
def count(events: Sequence[Event]) -> None:
    """Add the events to the daily facts, in the transaction that marks them as counted."""
    operations.count(events)


@takes_many
def judge_promises(events: Sequence[Event]) -> None:
    """Goods left: orders that have left as a whole kept their promises, or did not."""
    operations.judge(orders_of_shipments(event.subject_id for event in events))
