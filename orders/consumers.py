"""Reactions of orders to what happened elsewhere."""

from collections.abc import Sequence

from oms.events import takes_many
from oms.models import Event
from orders.operations import serve_waiting
from orders.queries.waiting import waited_for


@takes_many
def allocate_waiting(events: Sequence[Event]) -> None:
    """Stock became available: serve the orders that wait for it.

    A delivery of a thousand products is one question; only what somebody waits for costs more.
    """
    for product in waited_for(event.facts["product"] for event in events):
        serve_waiting(product, by="consumer:allocate_waiting")
