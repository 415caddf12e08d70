"""Running rules on events and by schedule.

A rule acts once on an order for one cause: the run's unique key says so, and the run is written in
the transaction of its effects, so that a worker that dies leaves neither. What a rule does may wake
others, and itself: `orders.operations.rules.loops` stops a circle; the stopped run is kept and told
on the order. A version that no longer makes sense (it names a kind of hold that is gone) is logged,
shown on the page of rules, and keeps no other from acting.
"""

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.models import Event
from orders.enums import RuleMoment, RuleOutcome, RuleState, RuleSubject
from orders.models import Order, RuleRun, RuleVersion
from orders.operations.pipeline import lock_order
from orders.operations.rules.acting import act
from orders.operations.rules.loops import circle
from orders.operations.rules.ready import Ready, in_force
from orders.operations.rules.things import run_on_things
from orders.operations.rules.turns import Turn
from orders.queries.rules.facts import Facts, facts_of, kept

logger = logging.getLogger(__name__)

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a rule looks at an order: a key for once, and the thread it belongs to."""

    trigger: str
    chain: uuid.UUID


@transaction.atomic
def run_events(found: Sequence[Event]) -> int:
    """Run the rules in force that act on these events of orders; how many runs there were.

    Orders are taken in key order, an order's events as they happened. Each rule sees the order as
    those before it left it.
    """
    ready = list(in_force(RuleMoment.EVENT))
    wanted = {name for one in ready for name in one.version.events}
    woken = [event for event in found if event.name in wanted]
    woken.sort(key=lambda event: (event.subject_id, event.sequence))
    return sum(_run_event(event, ready) for event in woken)


def _run_event(event: Event, ready: Sequence[Ready]) -> int:
    """Facts are looked up once for all rules, and again after one has acted."""
    listening = [one for one in ready if event.name in one.version.events]
    names = frozenset().union(*(one.names for one in listening))
    cause = Cause(f"event:{event.pk}", event.correlation_id)
    done, facts, order = 0, None, None
    for one in listening:
        if order is None or facts is None:
            order = Order.objects.select_related("channel").get(pk=event.subject_id)
            facts = _facts(order, names)
        if one.fits(facts) and _run(one, order, cause):
            done, facts = done + 1, None
    return done


def run_scheduled() -> int:
    """Run the rules whose schedule has come round on what they look at; how many runs there were.

    A version acts once on an open order. Each order is a transaction; a repeat goes on where it was. A
    turn is leased, so that a long one is not begun again beside itself, and moved on when it has
    ended: what a worker that died was at is taken up by the next one. An order that breaks is logged
    and left to the next turn, and the others go on.
    """
    done = 0
    for ready in in_force(RuleMoment.SCHEDULE, next_at__lte=timezone.now()):
        turn = Turn.of(ready.version)
        if turn is None:
            continue
        try:
            done += _on_orders(ready, turn) if _of_orders(ready) else run_on_things(ready, turn)
        except Exception:
            logger.exception("a turn of rule %s broke", ready.version.rule_id)
        else:
            turn.end()
    return done


def _of_orders(ready: Ready) -> bool:
    return ready.version.subject == RuleSubject.ORDER


def _on_orders(ready: Ready, turn: Turn) -> int:
    version, done = ready.version, 0
    for order in _fitting(ready, turn.began):
        if not turn.goes_on():
            break
        try:
            done += _run(ready, order, Cause(f"schedule:{version.pk}", uuid.uuid4()))
        except Exception:
            logger.exception("rule %s broke on order %s", version.rule_id, order.pk)
    return done


def _fitting(ready: Ready, now: datetime) -> Iterator[Order]:
    """Open orders that a version is for and has not acted on."""
    version, last = ready.version, 0
    new = Order.objects.open().exclude(
        rule_runs__rule=version.rule_id, rule_runs__trigger=f"schedule:{version.pk}"
    )
    rows = new.select_related("channel").order_by("pk")
    while some := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        facts = facts_of(some, now, ready.names)
        yield from (order for order in some if ready.fits(facts[order.pk]))
        last = some[-1].pk


@transaction.atomic
def _run(ready: Ready, order: Order, cause: Cause) -> int:
    """Lock an order that fitted, look again, and act; 1 when a run was written."""
    version, order = ready.version, lock_order(order)
    facts = _facts(order, ready.names)
    once = RuleRun.objects.filter(rule=version.rule_id, order=order, trigger=cause.trigger)
    on = RuleVersion.objects.filter(pk=version.pk, state=RuleState.ACTIVE)
    if not ready.fits(facts) or once.exists() or not on.exists():
        return 0

    thread, seen = uuid.uuid4(), kept(facts, ready.names)
    with _under(thread):
        if why := circle(version, order, cause.chain):
            did = [{"do": "stop", "ok": False, "said": why}]
            outcome = RuleOutcome.STOPPED
        else:
            did = act(version, order, by=f"rule:{version.rule_id}")
            fine = all(row["ok"] for row in did)
            outcome = RuleOutcome.DONE if fine else RuleOutcome.FAILED
        RuleRun.objects.create(
            rule_id=version.rule_id,
            version=version,
            order=order,
            trigger=cause.trigger,
            chain=cause.chain,
            thread=thread,
            outcome=outcome,
            saw=seen,
            did=did,
        )
        _tell(version, order, outcome, did, seen)
    return 1


def _facts(order: Order, names: frozenset[str]) -> Facts:
    return facts_of([order], timezone.now(), names)[order.pk]


def _tell(
    version: RuleVersion,
    order: Order,
    outcome: str,
    did: list[dict[str, Any]],
    saw: dict[str, Any],
) -> None:
    """Say on the order what the rule saw and did; nothing may act on this event: no chain begins."""
    name = "order.rule_stopped" if outcome == RuleOutcome.STOPPED else "order.rule_ran"
    facts = {"rule": version.rule.name, "version": version.number, "did": did, "saw": saw}
    events.record(name, order, by=f"rule:{version.rule_id}", **facts)


@contextmanager
def _under(thread: uuid.UUID) -> Iterator[None]:
    token = events.correlation.set(thread)
    try:
        yield
    finally:
        events.correlation.reset(token)
