"""Counts: planned, counted blind, counted again by somebody else, approved, posted."""

from inventory.operations.counts.counting import (
    NotCounted,
    NotOnSheet,
    SameCounter,
    enter,
    finish,
    include,
    scan,
)
from inventory.operations.counts.documents import WrongCountStatus
from inventory.operations.counts.planning import (
    BeingCounted,
    NothingToCount,
    assign,
    cancel_count,
    classify,
    plan_count,
    plan_due,
    request_count,
)
from inventory.operations.counts.review import (
    NotDecided,
    OwnCount,
    StillReserved,
    approve_lines,
    count_again,
    keep_lines,
    post_count,
)

__all__ = [
    "BeingCounted",
    "NotCounted",
    "NotDecided",
    "NotOnSheet",
    "NothingToCount",
    "OwnCount",
    "SameCounter",
    "StillReserved",
    "WrongCountStatus",
    "approve_lines",
    "assign",
    "cancel_count",
    "classify",
    "count_again",
    "enter",
    "finish",
    "include",
    "keep_lines",
    "plan_count",
    "plan_due",
    "post_count",
    "request_count",
    "scan",
]
