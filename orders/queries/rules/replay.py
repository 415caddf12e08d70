"""What a version would have done to orders of the past: when it would first have acted, and on what."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from oms.conditions import compiled
from orders.enums import RuleAction, RuleMoment
from orders.models import RuleVersion
from orders.queries.rules.actions import Action, noted
from orders.queries.rules.past import CLOCKS, OPEN, Limit, Past
from orders.queries.rules.vocabulary import asked, vocabulary

DONE, NOTHING, REFUSED = "done", "nothing", "refused"
CANCELS = {RuleAction.CANCEL, RuleAction.CANCEL_LATER}


class Replay:
    """A version that is taken through the lives of orders."""

    def __init__(self, version: RuleVersion, now: datetime) -> None:
        self.version, self.now = version, now
        self.fits = compiled(version.conditions, vocabulary(version.moment))
        self.limits = list(_limits(version.conditions))
        self.came_of = [Counter[str]() for _ in version.actions]

    @property
    def names(self) -> set[str]:
        """The facts that it asks about, and those by which its actions are judged."""
        names = asked(self.version.conditions)
        kinds = {action["do"] for action in self.version.actions}
        names |= {"released"} if kinds & CANCELS else set()
        return names | ({"holds"} if RuleAction.LIFT in kinds else set())

    @property
    def events(self) -> list[str]:
        """The events that wake it."""
        return self.version.events if self.version.moment == RuleMoment.EVENT else []

    def first(self, past: Past) -> datetime | None:
        """When it would first have acted on an order; never is none."""
        return next((at for at in self._looks(past) if self.fits(past.facts(at))), None)

    def act(self, past: Past, at: datetime) -> None:
        """Count what its actions would have come to."""
        for count, action in zip(self.came_of, self.version.actions, strict=True):
            count[self.outcome(action, past, at)] += 1

    def effects(self) -> list[dict[str, Any]]:
        """A row for each action: what, and how often it was done, changed nothing, was refused."""
        return [
            {"says": noted(action), **{name: count[name] for name in (DONE, NOTHING, REFUSED)}}
            for action, count in zip(self.version.actions, self.came_of, strict=True)
        ]

    def _looks(self, past: Past) -> Iterator[datetime]:
        if self.version.moment == RuleMoment.PLACING:
            yield past.began
        elif self.version.moment == RuleMoment.EVENT:
            yield from past.woken
        else:
            yield from past.turns(self.limits, self.now)

    def outcome(self, action: Action, past: Past, at: datetime) -> str:
        """What an action would have come to: done, nothing to change, or refused."""
        judge = JUDGES.get(action["do"])
        return judge(self, action, past, at) if judge else DONE


def _tag(_replay: Replay, action: Action, past: Past, at: datetime) -> str:
    return NOTHING if action["tag"] in past.state(at).tags else DONE


def _untag(_replay: Replay, action: Action, past: Past, at: datetime) -> str:
    return DONE if action["tag"] in past.state(at).tags else NOTHING


def _priority(_replay: Replay, action: Action, past: Past, at: datetime) -> str:
    return NOTHING if past.state(at).priority == action["value"] else DONE


def _lift(_replay: Replay, action: Action, past: Past, at: datetime) -> str:
    return DONE if action["kind"] in past.holds_at(at) else NOTHING


def _hold(_replay: Replay, _action: Action, past: Past, at: datetime) -> str:
    return DONE if past.state(at).status in OPEN else REFUSED


def _notify(_replay: Replay, _action: Action, past: Past, _at: datetime) -> str:
    return DONE if past.order.channel.notifies_customers else NOTHING


def _cancel(_replay: Replay, _action: Action, past: Past, at: datetime) -> str:
    """Open orders on which no location works."""
    free = past.state(at).status in OPEN and not past.facts(at)["released"]
    return DONE if free else REFUSED


def _cancel_later(replay: Replay, action: Action, past: Past, at: datetime) -> str:
    """Only what is still so by then."""
    later = at + timedelta(hours=action["hours"])
    still = later <= replay.now and replay.fits(past.facts(later))
    return _cancel(replay, action, past, later) if still else NOTHING


JUDGES: dict[str, Callable[[Replay, Action, Past, datetime], str]] = {
    RuleAction.TAG: _tag,
    RuleAction.ROUTE: _tag,
    RuleAction.UNTAG: _untag,
    RuleAction.PRIORITY: _priority,
    RuleAction.LIFT: _lift,
    RuleAction.HOLD: _hold,
    RuleAction.NOTIFY: _notify,
    RuleAction.CANCEL: _cancel,
    RuleAction.CANCEL_LATER: _cancel_later,
}


def _limits(tree: dict[str, Any]) -> Iterator[Limit]:
    """The hours that a tree compares clocks with."""
    if "field" in tree:
        if tree["field"] in CLOCKS:
            yield tree["field"], Decimal(str(tree["value"]))
        return
    for members in tree.values():
        for member in members:
            yield from _limits(member)
