"""What a rule may do, as data: checked when it is saved, said in words, never executed as code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orders.enums import GIVEN_REASONS, RuleAction, RuleMoment
from orders.queries.hold_types import hold_names, offered_hold_types

Action = dict[str, Any]
Choices = Sequence[tuple[str, str]]
MOST = 10
A_YEAR = 8_760  # hours


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an action; `kind` is text, choice or number (whole, from `low` to `high`)."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: Callable[[], Choices] = tuple
    longest: int = 300
    low: int = 1
    high: int = A_YEAR


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that rules do: its values, its words, and what people need to do the same.

    `words` completes a sentence that begins with `then`. `right` is a permission of the back office
    with its verb; tags and messages need none.
    """

    label: str
    words: Callable[[Action], str]
    parts: tuple[Part, ...]
    right: tuple[str, str] | None = None


def mistakes_in(actions: Any, moment: str) -> list[str]:
    """Every mistake of a rule's actions as a sentence; none when they are sound."""
    if not isinstance(actions, list) or not 0 < len(actions) <= MOST:
        return [f"A rule has one to {MOST} actions."]
    return [
        f"Action {at}: {mistake}"
        for at, action in enumerate(actions, start=1)
        for mistake in _mistakes(action, moment)
    ]


def rights_of(actions: Sequence[Action]) -> dict[str, str]:
    """The permissions that these actions need when people take them by hand, each with its verb."""
    kinds = (KINDS[action["do"]] for action in actions)
    return dict(kind.right for kind in kinds if kind.right)


def said(action: Action) -> str:
    """An action in words, to complete a sentence that begins with `then`."""
    return KINDS[action["do"]].words(action)


def all_said(actions: Sequence[Action]) -> str:
    """Actions in words."""
    return " and ".join(said(action) for action in actions)


def actions_builder() -> list[dict[str, Any]]:
    """The actions for a form: each with its label and parts in order."""
    return [
        {
            "do": do,
            "label": kind.label,
            "parts": [
                {
                    "name": part.name,
                    "label": part.label,
                    "kind": part.kind,
                    "required": part.required,
                    "longest": part.longest,
                    "choices": [list(choice) for choice in part.choices()],
                }
                for part in kind.parts
            ],
        }
        for do, kind in KINDS.items()
    ]


def _mistakes(action: Any, moment: str) -> list[str]:
    if not isinstance(action, dict) or action.get("do") not in KINDS:
        return ["does nothing that exists."]
    if moment == RuleMoment.PLACING and action["do"] != RuleAction.HOLD:
        return ["while an order is placed, a rule can only put it on hold."]
    parts = KINDS[action["do"]].parts
    if unknown := set(action) - {"do", *(part.name for part in parts)}:
        return [f"knows no {', '.join(sorted(unknown))}."]
    found = (_mistake(part, action.get(part.name)) for part in parts)
    return [mistake for mistake in found if mistake]


def _mistake(part: Part, value: Any) -> str:
    """What is wrong with one value; nothing when it is sound, or left out and not needed."""
    if value in (None, ""):
        return f"lacks its {part.label.lower()}." if part.required else ""
    if part.kind == "number":
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not part.low <= value <= part.high:
            return f"{part.label} is a whole number from {part.low} to {part.high}."
        return ""
    if not isinstance(value, str) or len(value) > part.longest:
        return f"{part.label} is text of at most {part.longest} characters."
    if part.kind == "choice" and value not in dict(part.choices()):
        return f"{part.label}: there is no {value}."
    return ""


def _reasons() -> Choices:
    return [(reason.value, str(reason.label)) for reason in GIVEN_REASONS]


def _hold_said(action: Action) -> str:
    due = f", due within {action['due_hours']} h" if action.get("due_hours") else ""
    owner = f" for {action['owner']}" if action.get("owner") else ""
    return f"put it on hold{owner} ({action['reason']}){due}"


def _label(choices: Choices, value: str) -> str:
    return dict(choices).get(value, value).lower()


KINDS: dict[str, Kind] = {
    RuleAction.HOLD: Kind(
        RuleAction.HOLD.label,
        _hold_said,
        (
            Part("kind", "Kind of hold", "choice", choices=offered_hold_types),
            Part("reason", "Reason"),
            Part("owner", "Looked after by", required=False, longest=80),
            Part("due_hours", "Due within hours", "number", required=False),
        ),
        ("orders.place_hold", "put orders on hold"),
    ),
    RuleAction.LIFT: Kind(
        RuleAction.LIFT.label,
        lambda action: f"lift its {_label(hold_names(), action['kind'])} holds",
        (Part("kind", "Kind of hold", "choice", choices=offered_hold_types),),
        ("orders.lift_hold", "lift holds"),
    ),
    RuleAction.TAG: Kind(
        RuleAction.TAG.label,
        lambda action: f"tag it {action['tag']}",
        (Part("tag", "Tag", longest=40),),
    ),
    RuleAction.UNTAG: Kind(
        RuleAction.UNTAG.label,
        lambda action: f"remove the tag {action['tag']}",
        (Part("tag", "Tag", longest=40),),
    ),
    RuleAction.PRIORITY: Kind(
        RuleAction.PRIORITY.label,
        lambda action: f"set its priority to {action['value']}",
        (Part("value", "Priority", "number", low=-100, high=100),),
        ("orders.set_priority", "set priorities"),
    ),
    RuleAction.CANCEL: Kind(
        RuleAction.CANCEL.label,
        lambda action: f"cancel it ({_label(_reasons(), action['reason'])})",
        (Part("reason", "Because of", "choice", choices=_reasons),),
        ("orders.cancel_order", "cancel orders"),
    ),
    RuleAction.TELL: Kind(
        RuleAction.TELL.label,
        lambda action: f"tell by webhook: {action['message']}",
        (Part("message", "Message"),),
    ),
}
