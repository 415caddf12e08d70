"""Rules on products and purchase orders: looked at by schedule, acted on once a day.

What can be done about them is to tell: people by mail, machines by webhook. A turn tells once of all
that it met, not once of each, in the name of the rule, whose row is locked meanwhile. A run for each
of them keeps what was seen, and that it was told today; the runs of a turn share their chain.
"""

import logging
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.queries.watched import Watched
from oms import events
from orders.enums import RuleAction, RuleOutcome, RuleState
from orders.models import Rule, RuleRun, RuleVersion
from orders.operations.rules.ready import Ready
from orders.operations.rules.turns import Turn
from orders.queries.colleagues import addresses_of
from orders.queries.rules.actions import noted
from orders.queries.rules.facts import kept
from orders.queries.rules.subjects import watched

logger = logging.getLogger(__name__)
MOST_NAMED = 200  # things that one event for machines names


def run_on_things(ready: Ready, turn: Turn) -> int:
    """Look at all products, or purchase orders, that the rule may be for; how many runs there were.

    One that cannot be judged is logged and left to the next turn, and the others go on.
    """
    found = list(_fitting(ready, turn))
    return _tell_of(ready, found) if found else 0


def _fitting(ready: Ready, turn: Turn) -> Iterator[Watched]:
    for thing in watched(ready.version.subject):
        if not turn.goes_on():
            return
        try:
            fits = ready.fits(thing.facts)
        except Exception:
            logger.exception("rule %s broke on %s", ready.version.rule_id, thing.label)
            continue
        if fits:
            yield thing


@transaction.atomic
def _tell_of(ready: Ready, found: Sequence[Watched]) -> int:
    """Tell of those that were not told today; how many runs were written."""
    version = ready.version
    rule = Rule.objects.lock_one(version.rule_id)
    key, trigger = f"{version.subject}_id", f"schedule:{version.pk}:{timezone.localdate()}"
    told = set(RuleRun.objects.filter(rule=rule, trigger=trigger).values_list(key, flat=True))
    new = [thing for thing in found if thing.id not in told]
    if not new or not RuleVersion.objects.filter(pk=version.pk, state=RuleState.ACTIVE).exists():
        return 0

    turn, now = uuid.uuid4(), timezone.now()
    did = [_tell(rule, version, new, action, turn) for action in version.actions]
    outcome = RuleOutcome.DONE if all(row["ok"] for row in did) else RuleOutcome.FAILED
    runs = [
        RuleRun(
            rule=rule,
            version=version,
            trigger=trigger,
            chain=turn,
            outcome=outcome,
            saw=kept(thing.facts, ready.names),
            did=did,
            at=now,
            **{key: thing.id},
        )
        for thing in new
    ]
    return len(RuleRun.objects.bulk_create(runs, batch_size=1_000))


def _tell(
    rule: Rule,
    version: RuleVersion,
    things: Sequence[Watched],
    action: dict[str, Any],
    turn: uuid.UUID,
) -> dict[str, Any]:
    if action["do"] == RuleAction.MAIL and not addresses_of(action["to"]):
        return {"do": action["do"], "ok": False, "said": "Nobody who works here would read it."}
    facts = {"rule": rule.name, "about": version.subject, "message": action["message"]}
    by, count = f"rule:{rule.pk}", len(things)
    if action["do"] == RuleAction.MAIL:
        facts |= {"to": action["to"], "turn": str(turn), "count": count}
        events.record("rule.mailed", rule, by=by, **facts)
        return {"do": action["do"], "ok": True, "said": noted(action)}
    for at in range(0, count, MOST_NAMED):
        labels = [thing.label for thing in things[at : at + MOST_NAMED]]
        events.record("rule.told", rule, by=by, **facts, count=count, labels=labels)
    return {"do": action["do"], "ok": True, "said": noted(action)}
