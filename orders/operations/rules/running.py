"""Running rules on events and by schedule.

A rule acts once on an order for one cause: the run's unique key says so, and the run is written in
the transaction of its effects, so that a worker that dies leaves neither. What a rule does may wake
others, and itself; a rule that its own effects call again on the same order is stopped, and so is
a chain of more than `LONGEST_CHAIN` runs. The stopped run is kept and told on the order.
"""

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from oms import events
from oms.conditions import compiled
from oms.models import Event
from orders.enums import RuleMoment, RuleOutcome, RuleState
from orders.models import Order, RuleRun, RuleVersion
from orders.operations.pipeline import lock_order
from orders.operations.rules.acting import act
from orders.queries.rules.facts import Facts, facts_of, kept
from orders.queries.rules.vocabulary import asked, vocabulary

logger = logging.getLogger(__name__)

LONGEST_CHAIN = 10
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a rule looks at an order: a key for once, the thread it belongs to, who began."""

    trigger: str
    chain: uuid.UUID
    by: str


@transaction.atomic
def run_events(found: Sequence[Event]) -> int:
    """Run the rules in force that act on these events of orders; how many runs there were.

    Orders are taken in key order, an order's events as they happened. Each rule sees the order as
    those before it left it.
    """
    versions = list(_in_force(RuleMoment.EVENT))
    wanted = {name for version in versions for name in version.events}
    woken = [event for event in found if event.name in wanted]
    if not woken:
        return 0
    orders, done = Order.objects.select_related("channel"), 0
    for event in sorted(woken, key=lambda one: (one.subject_id, one.sequence)):
        cause = Cause(f"event:{event.pk}", event.correlation_id, event.actor)
        for version in versions:
            if event.name in version.events:
                done += _run(version, orders.get(pk=event.subject_id), cause)
    return done


def run_scheduled() -> int:
    """Run the rules whose schedule has come round on every open order; how many runs there were.

    A version acts once on an order. Each order is a transaction; a repeat goes on where it was. The
    turn is claimed first, so that a long one is not begun again beside itself; an order that breaks
    is logged and left to the next turn, and the others go on.
    """
    now, done = timezone.now(), 0
    for version in _in_force(RuleMoment.SCHEDULE).filter(next_at__lte=now):
        later = now + timedelta(minutes=version.every_minutes or 1)
        mine = RuleVersion.objects.filter(pk=version.pk, next_at=version.next_at)
        if not mine.update(next_at=later):
            continue
        for order in _fitting(version, now):
            try:
                done += _run(version, order, Cause(f"schedule:{version.pk}", uuid.uuid4(), ""))
            except Exception:
                logger.exception("rule %s broke on order %s", version.rule_id, order.pk)
    return done


def _in_force(moment: RuleMoment) -> QuerySet[RuleVersion]:
    rows = RuleVersion.objects.filter(moment=moment, state=RuleState.ACTIVE)
    return rows.select_related("rule").order_by("rule__position", "rule_id")


def _fitting(version: RuleVersion, now: datetime) -> Iterator[Order]:
    """Open orders that a version is for and has not acted on."""
    names, last = asked(version.conditions), 0
    fits = compiled(version.conditions, vocabulary(version.moment))
    new = Order.objects.open().exclude(
        rule_runs__rule=version.rule_id, rule_runs__trigger=f"schedule:{version.pk}"
    )
    rows = new.select_related("channel").order_by("pk")
    while some := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        facts = facts_of(some, now, names)
        yield from (order for order in some if fits(facts[order.pk]))
        last = some[-1].pk


@transaction.atomic
def _run(version: RuleVersion, order: Order, cause: Cause) -> int:
    """Look at the order, lock it, look again, and act; 1 when a run was written."""
    fits = compiled(version.conditions, vocabulary(version.moment))
    names = asked(version.conditions)
    if not fits(_facts(order, names)):
        return 0
    order = lock_order(order)
    facts = _facts(order, names)
    once = RuleRun.objects.filter(rule=version.rule_id, order=order, trigger=cause.trigger)
    on = RuleVersion.objects.filter(pk=version.pk, state=RuleState.ACTIVE)
    if not fits(facts) or once.exists() or not on.exists():
        return 0

    by = f"rule:{version.rule_id}"
    with _thread(cause.chain):
        if _goes_round(version, order, cause):
            did, outcome = [], RuleOutcome.STOPPED
        else:
            did = act(version, order, by=by)
            fine = all(row["ok"] for row in did)
            outcome = RuleOutcome.DONE if fine else RuleOutcome.FAILED
        _keep(version, order, cause, outcome, kept(facts, names), did)
        _tell(version, order, outcome, did, by=by)
    return 1


def _facts(order: Order, names: set[str]) -> Facts:
    return facts_of([order], timezone.now(), names)[order.pk]


def _goes_round(version: RuleVersion, order: Order, cause: Cause) -> bool:
    runs = RuleRun.objects.filter(order=order, chain=cause.chain)
    own = cause.by.startswith("rule:") and runs.filter(rule=version.rule_id).exists()
    return own or runs.count() >= LONGEST_CHAIN


def _keep(
    version: RuleVersion, order: Order, cause: Cause, outcome: str, saw: dict, did: list
) -> None:
    RuleRun.objects.create(
        rule_id=version.rule_id,
        version=version,
        order=order,
        trigger=cause.trigger,
        chain=cause.chain,
        outcome=outcome,
        saw=saw,
        did=did,
    )


def _tell(version: RuleVersion, order: Order, outcome: str, did: list, *, by: str) -> None:
    """Say on the order what the rule did; nothing may act on this event, so it begins no chain."""
    name = "order.rule_stopped" if outcome == RuleOutcome.STOPPED else "order.rule_ran"
    events.record(name, order, by=by, rule=version.rule.name, version=version.number, did=did)


@contextmanager
def _thread(chain: uuid.UUID) -> Iterator[None]:
    token = events.correlation.set(chain)
    try:
        yield
    finally:
        events.correlation.reset(token)
