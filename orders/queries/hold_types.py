"""Types of holds: their names, and which a person or a rule may give."""

from collections.abc import Iterable

from orders.enums import BY_SYSTEM
from orders.models import HoldType

Choices = tuple[tuple[str, str], ...]


def hold_types(codes: Iterable[str] | None = None) -> dict[str, HoldType]:
    """Types by code: these, or all."""
    rows = HoldType.objects.all() if codes is None else HoldType.objects.filter(code__in=set(codes))
    return {row.code: row for row in rows}


def hold_names() -> Choices:
    """Code and name of every type, for pages that show or ask for holds."""
    return tuple(HoldType.objects.order_by("name").values_list("code", "name"))


def offered_hold_types() -> Choices:
    """Code and name of the types that a person or a rule may give."""
    rows = HoldType.objects.filter(is_active=True).exclude(code__in=BY_SYSTEM)
    return tuple(rows.order_by("name").values_list("code", "name"))
