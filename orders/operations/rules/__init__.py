"""Rules: drafted, tried, put in force, and run."""

from orders.operations.rules.running import run_events, run_scheduled
from orders.operations.rules.versions import (
    BadRule,
    RuleInForce,
    activate_rule,
    draft_rule,
    keep_trial,
    switch_off,
    try_rule,
)

__all__ = [
    "BadRule",
    "RuleInForce",
    "activate_rule",
    "draft_rule",
    "keep_trial",
    "run_events",
    "run_scheduled",
    "switch_off",
    "try_rule",
]
