"""Rules: drafted, tried, put in force, and run."""

from orders.operations.rules.running import run_events, run_scheduled
from orders.operations.rules.versions import (
    BadRule,
    RightMissing,
    RuleChanged,
    RuleInForce,
    RuleNameTaken,
    activate_rule,
    draft_rule,
    keep_trial,
    order_rules,
    redraft_rule,
    switch_off,
    try_rule,
)

__all__ = [
    "BadRule",
    "RightMissing",
    "RuleChanged",
    "RuleInForce",
    "RuleNameTaken",
    "activate_rule",
    "draft_rule",
    "keep_trial",
    "order_rules",
    "redraft_rule",
    "run_events",
    "run_scheduled",
    "switch_off",
    "try_rule",
]
