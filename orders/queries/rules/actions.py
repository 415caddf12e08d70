"""What a rule may do, as data: checked when it is saved, said in words, never executed as code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from django.contrib.auth.models import Group
from django.utils.module_loading import import_string

from customers import queries as customers
from orders.enums import GIVEN_REASONS, RuleAction, RuleMoment, RuleSubject
from orders.queries.colleagues import PERSON, colleagues, role_named
from orders.queries.hold_types import hold_names, offered_hold_types

Action = dict[str, Any]
Choices = Sequence[tuple[str, str]]
AT_PLACING = {RuleAction.HOLD, RuleAction.TAG, RuleAction.ROUTE}  # it does not exist yet
OF_THINGS = {RuleAction.MAIL, RuleAction.TELL}
MOST = 10
A_YEAR = 8_760  # hours


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an action; `kind` is text, choice or number (whole, from `low` to `high`).

    `spelt` writes a choice as it is called, where people may write it otherwise.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: Callable[[], Choices] = tuple
    longest: int = 300
    low: int = 1
    high: int = A_YEAR
    spelt: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that rules do: its values, its words, and what people need to do the same.

    `words` completes a sentence that begins with `then`; `noted` is the same for what is kept for
    ever, where it differs: without the name of a person. `right` is a permission of the back office
    with its verb; machines are told without one.
    """

    label: str
    words: Callable[[Action], str]
    parts: tuple[Part, ...]
    right: tuple[str, str] | None = None
    noted: Callable[[Action], str] | None = None


def mistakes_in(actions: Any, moment: str, subject: str = RuleSubject.ORDER) -> list[str]:
    """Every mistake of a rule's actions as a sentence; none when they are sound."""
    if not isinstance(actions, list) or not 0 < len(actions) <= MOST:
        return [f"A rule has one to {MOST} actions."]
    return [
        f"Action {at}: {mistake}"
        for at, action in enumerate(actions, start=1)
        for mistake in _mistakes(action, moment, subject)
    ]


def spelt(actions: Sequence[Action]) -> list[Action]:
    """Sound actions with their choices as they are called: of `support`, the role Support."""
    return [
        action
        | {
            part.name: part.spelt(action[part.name])
            for part in KINDS[action["do"]].parts
            if part.kind == "choice" and action.get(part.name)
        }
        for action in actions
    ]


def rights_of(actions: Sequence[Action]) -> dict[str, str]:
    """The permissions that these actions need when people take them by hand, each with its verb."""
    kinds = (KINDS[action["do"]] for action in actions)
    return dict(kind.right for kind in kinds if kind.right)


def said(action: Action) -> str:
    """An action in words, to complete a sentence that begins with `then`."""
    return KINDS[action["do"]].words(action)


def noted(action: Action) -> str:
    """The same for runs and events, which are never forgotten: no person is named."""
    kind = KINDS[action["do"]]
    return (kind.noted or kind.words)(action)


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


def _mistakes(action: Any, moment: str, subject: str) -> list[str]:
    if not isinstance(action, dict) or action.get("do") not in KINDS:
        return ["does nothing that exists."]
    if moment == RuleMoment.PLACING and action["do"] not in AT_PLACING:
        return ["while an order is placed, a rule can only hold it, tag it, or route it by a tag."]
    if subject != RuleSubject.ORDER and action["do"] not in OF_THINGS:
        return ["of products and purchase orders, a rule can only tell: by mail or by webhook."]
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
        fits = whole and part.low <= value <= part.high
        return "" if fits else f"{part.label} is a whole number from {part.low} to {part.high}."
    if not isinstance(value, str) or len(value) > part.longest:
        return f"{part.label} is text of at most {part.longest} characters."
    if not value.isprintable() or value != value.strip():
        return f"{part.label} is one line, without blanks around it."
    return _unknown(part, value)


def _unknown(part: Part, value: str) -> str:
    if part.kind == "choice" and part.spelt(value) not in dict(part.choices()):
        return f"{part.label}: there is no {value}."
    return ""


def _mail_said(action: Action, *, name: bool) -> str:
    to = action["to"]
    if to.startswith(PERSON) or "@" in to:  # addresses stand in versions of earlier releases
        to = dict(colleagues()).get(to, "somebody who is not here") if name else "a colleague"
    return f"mail {to}: {action['message']}"


def _messages() -> Choices:
    return [(name, name) for name in customers.messages_of("rule.notified")]


def _reasons() -> Choices:
    return [(reason.value, str(reason.label)) for reason in GIVEN_REASONS]


def _hold_said(action: Action) -> str:
    due = f", due within {action['due_hours']} h" if action.get("due_hours") else ""
    owner = f" for {action['owner']}" if action.get("owner") else ""
    return f"put it on hold{owner} ({action['reason']}){due}"


def _task_said(action: Action) -> str:
    due = f", due within {action['due_hours']} h" if action.get("due_hours") else ""
    return f"ask {action['owner']} to: {action['title']}{due}"


def roles() -> Choices:
    """Who may own orders and tasks: the roles of the house."""
    return [(name, name) for name in Group.objects.order_by("name").values_list("name", flat=True)]


def carriers() -> Choices:
    """Carriers are known to an app above, which the wiring names."""
    answers = import_module("oms.wiring").ANSWERS
    found: Choices = import_string(answers["orders.carriers"])()
    return found


def carrier_name(code: str) -> str:
    """A carrier by its name; the code where parcels are not handed to it any more."""
    return dict(carriers()).get(code, code)


def carrier_services() -> Choices:
    """Services of the carriers, each with its carrier's name."""
    answers = import_module("oms.wiring").ANSWERS
    found: Choices = import_string(answers["orders.carrier_services"])()
    return found


def _label(choices: Choices, value: str) -> str:
    return dict(choices).get(value, value).lower()


KINDS: dict[str, Kind] = {
    RuleAction.HOLD: Kind(
        RuleAction.HOLD.label,
        _hold_said,
        (
            Part("kind", "Kind of hold", "choice", choices=offered_hold_types),
            Part("reason", "Reason"),
            Part(
                "owner",
                "Looked after by",
                "choice",
                required=False,
                choices=roles,
                spelt=role_named,
            ),
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
        ("orders.tag_order", "tag orders"),
    ),
    RuleAction.UNTAG: Kind(
        RuleAction.UNTAG.label,
        lambda action: f"remove the tag {action['tag']}",
        (Part("tag", "Tag", longest=40),),
        ("orders.tag_order", "tag orders"),
    ),
    RuleAction.PRIORITY: Kind(
        RuleAction.PRIORITY.label,
        lambda action: f"set its priority to {action['value']}",
        (Part("value", "Priority", "number", low=-100, high=100),),
        ("orders.set_priority", "set priorities"),
    ),
    RuleAction.ROUTE: Kind(
        RuleAction.ROUTE.label,
        lambda action: f"route it as {action['tag']}",
        (Part("tag", "Tag that routing rules ask about", longest=40),),
        ("orders.release_order", "route orders"),
    ),
    RuleAction.SHIP_WITH: Kind(
        RuleAction.SHIP_WITH.label,
        lambda action: (
            f"ship it with {carrier_name(action['carrier'])} {action.get('service', '')}".strip()
        ),
        (
            Part("carrier", "Carrier", "choice", choices=carriers),
            Part("service", "Service", required=False, longest=60),
        ),
        ("orders.handle_order", "choose carriers"),
    ),
    RuleAction.ASSIGN: Kind(
        RuleAction.ASSIGN.label,
        lambda action: f"give it to {action['owner']}",
        (Part("owner", "Owner", "choice", choices=roles, spelt=role_named),),
        ("orders.handle_order", "assign orders"),
    ),
    RuleAction.TASK: Kind(
        RuleAction.TASK.label,
        _task_said,
        (
            Part("title", "What is to be done", longest=200),
            Part("owner", "By whom", "choice", choices=roles, spelt=role_named),
            Part("due_hours", "Due within hours", "number", required=False),
        ),
        ("orders.create_task", "give tasks"),
    ),
    RuleAction.NOTIFY: Kind(
        RuleAction.NOTIFY.label,
        lambda action: f"write to the customer ({action['template']})",
        (Part("template", "Message template", "choice", choices=_messages),),
        ("customers.change_notificationtemplate", "decide what customers are told"),
    ),
    RuleAction.MAIL: Kind(
        RuleAction.MAIL.label,
        partial(_mail_said, name=True),
        (Part("to", "To", "choice", choices=colleagues), Part("message", "Message", longest=150)),
        ("orders.mail_colleagues", "write to colleagues"),
        noted=partial(_mail_said, name=False),
    ),
    RuleAction.CANCEL: Kind(
        RuleAction.CANCEL.label,
        lambda action: f"cancel it ({_label(_reasons(), action['reason'])})",
        (Part("reason", "Because of", "choice", choices=_reasons),),
        ("orders.cancel_order", "cancel orders"),
    ),
    RuleAction.CANCEL_LATER: Kind(
        RuleAction.CANCEL_LATER.label,
        lambda action: (
            f"cancel it after {action['hours']} h if it is still so"
            f" ({_label(_reasons(), action['reason'])})"
        ),
        (
            Part("hours", "After hours", "number"),
            Part("reason", "Because of", "choice", choices=_reasons),
        ),
        ("orders.cancel_order", "cancel orders"),
    ),
    RuleAction.TELL: Kind(
        RuleAction.TELL.label,
        lambda action: f"tell by webhook: {action['message']}",
        (Part("message", "Message"),),
    ),
}
