"""Fences whose figures do not add up are put right, and it is written down."""

from inventory import operations


def mend() -> int:
    """Repair them; how many products."""
    return sum(1 for _ in operations.repair_fences())
