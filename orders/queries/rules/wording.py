"""A version of a rule as one sentence."""

from collections.abc import Mapping
from typing import Any

from oms.conditions import Field, sentence
from orders.enums import RuleMoment, RuleSubject
from orders.models import RuleVersion
from orders.queries.rules.actions import all_said
from orders.queries.rules.subjects import WHOM
from orders.queries.rules.vocabulary import ANY, EVENTS, vocabulary


def version_words(version: RuleVersion) -> str:
    """When, for which orders, and what then."""
    conditions = version.conditions or {"all": []}
    which = sentence(conditions, vocabulary(version.moment, version.subject), empty="")
    return f"{_when(version)}{f', if {which}' if which else ''}: {all_said(version.actions)}."


def saw_words(saw: Mapping[str, Any]) -> list[str]:
    """What a run saw: each fact with its label and unit, as the builder offers them."""
    return [_fact(field, saw[name]) for name, field in ANY.items() if name in saw]


def _fact(field: Field, value: Any) -> str:
    if field.kind == "flag":
        return f"{field.label.lower()}: {'yes' if value else 'no'}"
    labels = dict(field.offered)
    values = value if isinstance(value, list) else [] if value is None else [value]
    said = ", ".join(labels.get(one, str(one)) for one in values) or "–"
    return " ".join(part for part in (f"{field.label.lower()}: {said}", field.unit) if part)


def _when(version: RuleVersion) -> str:
    if version.moment == RuleMoment.PLACING:
        return "While an order is placed"
    if version.subject != RuleSubject.ORDER:
        whom = WHOM[RuleSubject(version.subject)]
        return f"Every {version.every_minutes} minutes, once a day for each {whom}"
    if version.moment == RuleMoment.SCHEDULE:
        return f"Every {version.every_minutes} minutes, once for each open order"
    return f"When {' or '.join(EVENTS[name] for name in version.events)}"
