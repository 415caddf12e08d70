"""What a rule may do, as data: checked when it is saved, said in words, never executed as code."""

from collections.abc import Sequence
from typing import Any

from orders.enums import GIVEN_REASONS, RuleAction, RuleMoment
from orders.queries.hold_types import hold_names, offered_hold_types

Action = dict[str, Any]
REASONS = {str(reason): reason.label for reason in GIVEN_REASONS}
LONGEST = {"reason": 300, "owner": 80, "tag": 40, "message": 300}
MOST = 10
PRIORITIES = range(-100, 101)


def mistakes_in(actions: Any, moment: str) -> list[str]:
    """Every mistake of a rule's actions as a sentence; none when they are sound."""
    if not isinstance(actions, list) or not 0 < len(actions) <= MOST:
        return [f"A rule has one to {MOST} actions."]
    return [
        f"Action {at}: {mistake}"
        for at, action in enumerate(actions, start=1)
        for mistake in _mistakes(action, moment)
    ]


def said(action: Action) -> str:
    """An action in words, to complete a sentence that begins with `then`."""
    if action["do"] == RuleAction.HOLD:
        return _hold_said(action)
    kind = dict(hold_names()).get(action["kind"], "").lower() if "kind" in action else ""
    why = REASONS.get(action.get("reason", ""), "").lower()
    return WORDS[action["do"]].format(**{**action, "kind": kind, "reason": why})


def all_said(actions: Sequence[Action]) -> str:
    """Actions in words."""
    return " and ".join(said(action) for action in actions)


def _hold_said(action: Action) -> str:
    due = f", due within {action['due_hours']} h" if action.get("due_hours") else ""
    owner = f" for {action['owner']}" if action.get("owner") else ""
    return f"put it on hold{owner} ({action['reason']}){due}"


def _mistakes(action: Any, moment: str) -> list[str]:
    if not isinstance(action, dict) or action.get("do") not in RuleAction.values:
        return ["does nothing that exists."]
    if moment == RuleMoment.PLACING and action["do"] != RuleAction.HOLD:
        return ["while an order is placed, a rule can only put it on hold."]
    wanted = NEEDED[action["do"]]
    found = [f"lacks its {name}." for name in wanted if action.get(name) in (None, "")]
    if unknown := set(action) - {"do", *wanted, *ALLOWED.get(action["do"], ())}:
        found.append(f"knows no {', '.join(sorted(unknown))}.")
    for name, most in LONGEST.items():
        text = action.get(name, "")
        if not isinstance(text, str) or len(text) > most:
            found.append(f"{name} is text of at most {most} characters.")
    return found or _wrong_values(action)


def _wrong_values(action: Action) -> list[str]:
    found = []
    if "kind" in action and str(action["kind"]) not in dict(offered_hold_types()):
        found.append(f"there is no hold {action['kind']}.")
    if action["do"] == RuleAction.CANCEL and action["reason"] not in REASONS:
        found.append(f"there is no reason {action['reason']}.")
    if "value" in action and not _within(action["value"], PRIORITIES):
        found.append("a priority is a whole number from -100 to 100.")
    if action.get("due_hours") is not None and not _within(action["due_hours"], range(1, 8_761)):
        found.append("due_hours is a whole number of hours, a year at most.")
    return found


def _within(value: Any, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed


NEEDED: dict[str, tuple[str, ...]] = {
    RuleAction.HOLD: ("kind", "reason"),
    RuleAction.LIFT: ("kind",),
    RuleAction.TAG: ("tag",),
    RuleAction.UNTAG: ("tag",),
    RuleAction.PRIORITY: ("value",),
    RuleAction.CANCEL: ("reason",),
    RuleAction.TELL: ("message",),
}
ALLOWED: dict[str, tuple[str, ...]] = {RuleAction.HOLD: ("owner", "due_hours")}

WORDS: dict[str, str] = {
    RuleAction.LIFT: "lift its {kind} holds",
    RuleAction.TAG: "tag it {tag}",
    RuleAction.UNTAG: "remove the tag {tag}",
    RuleAction.PRIORITY: "set its priority to {value}",
    RuleAction.CANCEL: "cancel it ({reason})",
    RuleAction.TELL: "tell by webhook: {message}",
}
