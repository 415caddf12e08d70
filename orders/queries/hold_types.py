"""Types of holds: their names, and which a person or a rule may give."""

from collections.abc import Iterable

from orders.enums import BY_SYSTEM, HoldKind
from orders.models import HoldType

Choices = tuple[tuple[str, str], ...]

# What a person does about a hold, other than lift it: name of the act, and what its button says.
REMEDIES: dict[str, tuple[str, str]] = {
    HoldKind.UNKNOWN_SKU: ("solve_sku", "Map SKU"),
    HoldKind.INCOMPLETE_ADDRESS: ("correct_address", "Complete address"),
    HoldKind.UNKNOWN_SHIPPING: ("name_shipping", "Name method"),
    HoldKind.OUT_OF_STOCK: ("see_stock", "See stock"),
    HoldKind.APPROVAL: ("approve", "Approve"),
    HoldKind.PURCHASE_ORDER: ("set_purchase_order", "Enter number"),
    HoldKind.REMORSE: ("release_now", "Release now"),
    HoldKind.CANCELLING: ("undo_cancel", "Undo cancel"),
}


def remedy_of(code: str) -> tuple[str, str]:
    """The act that clears a hold of this type, and the words on its button."""
    return REMEDIES.get(code, ("lift_hold", "Lift hold"))


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
