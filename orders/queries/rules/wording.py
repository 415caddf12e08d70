"""A version of a rule as one sentence."""

from oms.conditions import sentence
from orders.enums import RuleMoment, RuleSubject
from orders.models import RuleVersion
from orders.queries.rules.actions import all_said
from orders.queries.rules.subjects import WHOM
from orders.queries.rules.vocabulary import EVENTS, vocabulary


def version_words(version: RuleVersion) -> str:
    """When, for which orders, and what then."""
    conditions = version.conditions or {"all": []}
    which = sentence(conditions, vocabulary(version.moment, version.subject), empty="")
    return f"{_when(version)}{f', if {which}' if which else ''}: {all_said(version.actions)}."


def _when(version: RuleVersion) -> str:
    if version.moment == RuleMoment.PLACING:
        return "While an order is placed"
    if version.subject != RuleSubject.ORDER:
        whom = WHOM[RuleSubject(version.subject)]
        return f"Every {version.every_minutes} minutes, once a day for each {whom}"
    if version.moment == RuleMoment.SCHEDULE:
        return f"Every {version.every_minutes} minutes, once for each open order"
    return f"When {' or '.join(EVENTS[name] for name in version.events)}"
