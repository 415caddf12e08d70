"""What stops rules from calling themselves for ever.

What a run does is recorded under a thread of its own, and so is what consumers do because of it.
From the thread of an event the runs that led to it can therefore be walked back: a rule that finds
itself among them, on the same order, goes round in a circle and is stopped. Any number of rules may
act on one event; that is breadth, not a circle. What cannot be walked back (a consumer that takes
the events of many orders at once names one of them) is caught by how often a rule acts on an order.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from oms.models import Event
from orders.enums import RuleOutcome
from orders.models import Order, RuleRun, RuleVersion

LONGEST_CHAIN = 50  # runs that called one another, over any number of orders
OFTEN, WITHIN = 20, timedelta(hours=1)  # runs of one rule on one order


def circle(version: RuleVersion, order: Order, chain: uuid.UUID) -> str:
    """Why this rule must not act on this order for what happened in a thread; nothing if it may."""
    callers = []
    for run in _called_by(chain):
        callers.append(run)
        if (run.rule_id, run.order_id) == (version.rule_id, order.pk):
            path = [run.rule.name for run in reversed(callers)]
            return f"it was called again by what rules did: {' → '.join([*path, path[0]])}"
    if len(callers) >= LONGEST_CHAIN:
        return f"{LONGEST_CHAIN} runs of rules called one another"
    if _acted_often(version, order):
        return f"it acted on this order {OFTEN} times within an hour"
    return ""


def _called_by(chain: uuid.UUID) -> Iterator[RuleRun]:
    """The run that caused what happened in a thread, the run that caused that one, and so on."""
    for _ in range(LONGEST_CHAIN):
        run = RuleRun.objects.select_related("rule").filter(thread=chain).first()
        if run is None:
            return
        yield run
        chain = run.chain


def _acted_often(version: RuleVersion, order: Order) -> bool:
    """What people do by hand is no loop, however often: forty parcels of one order in an hour."""
    runs = RuleRun.objects.filter(rule=version.rule_id, order=order)
    recent = runs.filter(at__gt=timezone.now() - WITHIN).exclude(outcome=RuleOutcome.STOPPED)
    causes = [trigger.partition(":") for trigger in recent.values_list("trigger", flat=True)]
    if len(causes) < OFTEN:
        return False
    events = Event.objects.filter(pk__in=[key for kind, _, key in causes if kind == "event"])
    return events.exclude(actor__startswith="user:").count() >= OFTEN
