"""Counts in the back office: sheets, what was found, turns, policies, accuracy."""

from inventory.admin.counts.count import CountAdmin
from inventory.admin.counts.policy import CountPolicyAdmin, CountScheduleAdmin

__all__ = ["CountAdmin", "CountPolicyAdmin", "CountScheduleAdmin"]
