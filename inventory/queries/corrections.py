"""Which movements can be undone by their opposite."""

from collections.abc import Iterable

from inventory.enums import MovementKind
from inventory.models import StockMovement

# Kinds that people enter. What a shipment, a return, a transfer or a count wrote is undone there.
CORRECTABLE = frozenset(
    {
        MovementKind.RECEIVED,
        MovementKind.ADJUSTED,
        MovementKind.SCRAPPED,
        MovementKind.QUARANTINED,
        MovementKind.DAMAGED,
        MovementKind.RESTORED,
    }
)


def corrected_among(pks: Iterable[int]) -> set[int]:
    """Which of these movements are undone already."""
    rows = StockMovement.objects.filter(corrects__in=list(pks))
    return {pk for pk in rows.values_list("corrects", flat=True) if pk}


def why_not(movement: StockMovement) -> str:
    """Why a movement cannot be undone; nothing if it can."""
    if movement.kind not in CORRECTABLE:
        return f"what is {movement.get_kind_display().lower()} is undone by its document"
    if StockMovement.objects.filter(corrects=movement).exists():
        return "it is undone already"
    return ""
