"""Rules on products and purchase orders: looked at by schedule, acted on once a day.

What can be done about them is to tell: people by mail, machines by webhook. It is told in the name
of the rule, whose row is locked meanwhile, and the run keeps which of them it was about.
"""

import logging
import uuid
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


def run_on_things(ready: Ready, turn: Turn) -> int:
    """Look at all products, or purchase orders, that the rule may be for; how many runs there were.

    One that breaks is logged and left to the next turn, and the others go on.
    """
    done = 0
    for thing in watched(ready.version.subject):
        if not turn.goes_on():
            break
        if ready.fits(thing.facts):
            try:
                done += _run(ready, thing)
            except Exception:
                logger.exception("rule %s broke on %s", ready.version.rule_id, thing.label)
    return done


@transaction.atomic
def _run(ready: Ready, thing: Watched) -> int:
    """Act on one thing, unless that was done today; 1 when a run was written."""
    version = ready.version
    rule = Rule.objects.lock_one(version.rule_id)
    about = {version.subject: thing.id}
    trigger = f"schedule:{version.pk}:{timezone.localdate()}"
    keys = {f"{name}_id": pk for name, pk in about.items()}
    once = RuleRun.objects.filter(rule=rule, trigger=trigger, **keys)
    on = RuleVersion.objects.filter(pk=version.pk, state=RuleState.ACTIVE)
    if once.exists() or not on.exists():
        return 0

    did = [_tell(rule, version, thing, action) for action in version.actions]
    RuleRun.objects.create(
        rule=rule,
        version=version,
        trigger=trigger,
        chain=uuid.uuid4(),
        outcome=RuleOutcome.DONE if all(row["ok"] for row in did) else RuleOutcome.FAILED,
        saw=kept(thing.facts, ready.names),
        did=did,
        **keys,
    )
    return 1


def _tell(
    rule: Rule, version: RuleVersion, thing: Watched, action: dict[str, Any]
) -> dict[str, Any]:
    if action["do"] == RuleAction.MAIL and not addresses_of(action["to"]):
        return {"do": action["do"], "ok": False, "said": "Nobody who works here would read it."}
    facts = {
        "rule": rule.name,
        "about": version.subject,
        "id": thing.id,
        "label": thing.label,
        "message": action["message"],
    }
    by = f"rule:{rule.pk}"
    if action["do"] == RuleAction.MAIL:
        events.record("rule.mailed", rule, by=by, to=action["to"], **facts)
    else:
        events.record("rule.told", rule, by=by, **facts)
    return {"do": action["do"], "ok": True, "said": noted(action)}
