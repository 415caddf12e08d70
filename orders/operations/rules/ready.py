"""Versions in force, their conditions compiled."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from oms.conditions import BadCondition, Predicate, compiled
from orders.enums import RuleMoment, RuleState
from orders.models import RuleVersion
from orders.queries.rules.vocabulary import asked, vocabulary

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A version in force with its conditions compiled."""

    version: RuleVersion
    fits: Predicate
    names: frozenset[str]  # of the facts it asks about


def in_force(moment: RuleMoment, **which: Any) -> Iterator[Ready]:
    """The versions that act at a moment, in their order; one that makes no sense is logged."""
    rows = RuleVersion.objects.filter(moment=moment, state=RuleState.ACTIVE, **which)
    for version in rows.select_related("rule").order_by("rule__position", "rule_id"):
        try:
            fits, names = _understood(
                version.moment, version.subject, json.dumps(version.conditions)
            )
        except BadCondition:
            logger.exception("%s cannot act", version)
            continue
        yield Ready(version, fits, names)


@lru_cache(maxsize=1_024)  # what a version says never changes; a mistake is looked at again
def _understood(moment: str, subject: str, conditions: str) -> tuple[Predicate, frozenset[str]]:
    tree = json.loads(conditions)
    return compiled(tree, vocabulary(moment, subject)), frozenset(asked(tree))
