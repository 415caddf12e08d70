"""What locations give up: routed again at once, or together with others in the next window.

A rest is a row that stands until its units were routed, in the same transaction; a worker that dies
in between leaves it to the next one.
"""

import logging
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from inventory.operations import Units
from orders.models import Order, Rest
from orders.operations import pipeline
from orders.queries.rests import next_window, open_rest, reroute_minutes, rests_due

logger = logging.getLogger(__name__)

AT_ONCE = 500  # orders that a run routes


@transaction.atomic
def route_rest(
    order: Order, *, by: str, units: Sequence[Units], avoid: Iterable[int] = ()
) -> Order:
    """Route units that a location gave up, which `recall_units` gave back, and not to `avoid`.

    Where the order's channel has a re-routing window they are collected until it closes, together
    with what the order's other locations give up; its other lines go on. Records
    `order.rest_collected`.
    """
    work = pipeline.lock(order, by=by)
    minutes = reroute_minutes(work.order.channel_id)
    rest = open_rest(order.pk)
    if rest is None and not minutes:
        return pipeline.advance(order, by=by, avoid=avoid)

    due = next_window(work.now, minutes) if minutes else work.now
    rest = rest or Rest(order=work.order, since=work.now, due_at=due)
    rest.due_at = min(rest.due_at, due)
    rest.lines = sorted({*rest.lines, *(unit.line_id for unit in units)})
    rest.avoid = sorted({*rest.avoid, *avoid})
    rest.save()
    if rest.due_at > work.now:
        told = [[unit.line_id, unit.location_id, unit.quantity] for unit in units]
        work.fact("order.rest_collected", units=told, until=rest.due_at.isoformat())
        pipeline.settle(work)
    return pipeline.advance(order, by=by)


def route_rests() -> int:
    """Route what was collected and whose window has closed; how many orders. A chore.

    Those with the highest priority first, then by promise; each is a transaction of its own, and
    one that breaks stops no other.
    """
    done = 0
    for pk in rests_due(timezone.now(), AT_ONCE):
        try:
            done += _route(pk)
        except Exception:
            logger.exception("routing what order %s lacks broke", pk)
    return done


@transaction.atomic
def _route(order_id: int) -> bool:
    work = pipeline.lock(Order(pk=order_id), by="system")
    rest = open_rest(order_id)
    if rest is None or not work.may_allocate:
        return False  # another worker, or a person, was faster
    pipeline.advance(work.order, by="system")
    Rest.objects.filter(pk=rest.pk, routed_at=None).update(routed_at=work.now)  # nothing was left
    return True
