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
    """Goods left, or what had not left was given up: a whole order kept its promise, or did not."""
    sent = [event.subject_id for event in events if event.name.startswith("shipment.")]
    ended = {event.subject_id for event in events if event.name.startswith("order.")}
    operations.judge(ended.union(orders_of_shipments(sent)))
