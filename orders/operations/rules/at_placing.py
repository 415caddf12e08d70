"""Rules that look at an order while it is placed: they hold it, tag it, route it by a tag.

The order does not exist yet, so that nothing else can be done to it.

The rules in force are read once per process and stamp: every channel carries the stamp, which is
read with it anyway, and it changes whenever a rule is switched on or off.
"""

import uuid
from collections.abc import Iterable, Mapping
from functools import lru_cache

from oms.conditions import Predicate
from orders.enums import RuleAction, RuleMoment, RuleOutcome
from orders.models import Channel, Hold, RuleRun, RuleVersion
from orders.operations.drafts import Draft
from orders.operations.rules.acting import due_of, handle_of
from orders.operations.rules.ready import in_force
from orders.queries.rules.actions import noted
from orders.queries.rules.facts import Facts, buyers_marks, first_facts, kept, sealed_facts
from orders.queries.rules.vocabulary import asked

Marks = Mapping[int | None, Facts]


def marks_of(channel: Channel, drafts: Iterable[Draft]) -> Marks:
    """Tags and segments of the buyers of a batch, if a rule in force asks; nothing otherwise."""
    found = _in_force(channel.rules_stamp)
    names = {name for version, _ in found for name in asked(version.conditions)}
    return buyers_marks([draft.order.customer_id for draft in drafts], names)


def apply_rules(draft: Draft, marks: Marks) -> None:
    """Give a draft the holds and tags of the rules it fits, and the runs that tell of them.

    Each rule sees the tags that those before it gave.
    """
    found = _in_force(draft.order.channel.rules_stamp)
    if not found:
        return
    facts = {
        **first_facts(draft.order, draft.lines, (row.method for row in draft.payments)),
        **marks.get(draft.order.customer_id, {}),
        **sealed_facts(draft.placed.shipping_address, draft.placed.billing_address),
    }
    for version, fits in found:
        if fits(facts):
            draft.holds += _holds(version, draft)
            draft.runs.append(_run(version, kept(facts, asked(version.conditions))))
            _tag(version, draft)
            facts["tags"] = set(draft.order.tags)


def _holds(version: RuleVersion, draft: Draft) -> list[Hold]:
    """One hold per kind, as the database has it."""
    actions = [action for action in version.actions if action["do"] == RuleAction.HOLD]
    return [
        Hold(
            type_id=kind,
            handle=handle_of(version),
            reason=action["reason"],
            owner=action.get("owner", ""),
            due_at=due_of(action),
            placed_by=f"rule:{version.rule_id}",
            placed_at=draft.order.created_at,
        )
        for kind, action in {action["kind"]: action for action in actions}.items()
    ]


def _tag(version: RuleVersion, draft: Draft) -> None:
    """Tags that routing rules ask about have it sourced again."""
    order = draft.order
    for action in version.actions:
        if action["do"] in {RuleAction.TAG, RuleAction.ROUTE} and action["tag"] not in order.tags:
            order.tags = [*order.tags, action["tag"]]
            draft.routed |= action["do"] == RuleAction.ROUTE


def _run(version: RuleVersion, saw: dict) -> RuleRun:
    """A run without order and chain, which the placing gives it."""
    did = [{"do": row["do"], "ok": True, "said": noted(row)} for row in version.actions]
    return RuleRun(
        rule_id=version.rule_id,
        version=version,
        trigger="placing",
        chain=uuid.uuid4(),
        outcome=RuleOutcome.DONE,
        saw=saw,
        did=did,
    )


@lru_cache(maxsize=64)
def _in_force(stamp: uuid.UUID) -> tuple[tuple[RuleVersion, Predicate], ...]:  # noqa: ARG001 (what makes it fresh)
    return tuple((one.version, one.fits) for one in in_force(RuleMoment.PLACING))
