"""Sourcing: which locations serve an order, by rules that are data, and why.

`source` plans requests against a supply. The rules in force (`rules`) are tried in order: each says
which orders it is for, which locations may serve, what is best, what may not happen, and what to do
when it cannot serve all. The plan is the best there is under its rule (`search` proves it), and how
it came about is a `Decision`. Nobody configured anything: one location if any can serve all, else the
fewest; ties go to the lower priority number, then to the nearer location.
"""

from inventory.queries.sourcing.asked import (
    Allotment,
    Decision,
    Demand,
    Plan,
    Request,
    Service,
    Site,
    Supply,
)
from inventory.queries.sourcing.fencing import give_back
from inventory.queries.sourcing.planning import source
from inventory.queries.sourcing.rules import Rule, Rules, rule_from, rules_for
from inventory.queries.sourcing.supply import look_ahead, supply_of

__all__ = [
    "Allotment",
    "Decision",
    "Demand",
    "Plan",
    "Request",
    "Rule",
    "Rules",
    "Service",
    "Site",
    "Supply",
    "give_back",
    "look_ahead",
    "rule_from",
    "rules_for",
    "source",
    "supply_of",
]
