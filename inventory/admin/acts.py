"""The buttons of stock levels and products; each makes one operation call."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from unfold.enums import ActionVariant

from inventory import operations, queries
from inventory.forms import (
    AdjustForm,
    CorrectForm,
    DamageForm,
    QuarantineForm,
    ReceiveForm,
    RestoreForm,
    SafetyStockForm,
    StockFileForm,
    WriteOffForm,
)
from inventory.models import Location, Product, StockLevel, StockMovement
from oms import words
from oms.admin import Act, actor

Data = dict[str, Any]


def receive(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Take units in."""
    product, place = _where(obj, data)
    movement = operations.receive(product, place, by=actor(request), **data)
    return f"{_units(data)} × {product} received at {place}; {movement.balance} on hand."


def adjust(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Correct the count."""
    product, place = _where(obj, data)
    movement = operations.adjust(
        product,
        place,
        data["quantity"],
        by=actor(request),
        why=_why(data),
        effective_at=data["effective_at"],
    )
    return f"{product} at {place} changed by {_units(data):+d}; {movement.balance} on hand."


def quarantine(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Set units apart."""
    product, place = _where(obj, data)
    operations.quarantine(product, place, data["quantity"], by=actor(request), why=_why(data))
    return f"{_units(data)} × {product} at {place} are in quarantine."


def restore(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Find quarantined units good."""
    product, place = _where(obj, data)
    operations.release_from_quarantine(
        product, place, data["quantity"], by=actor(request), why=_why(data)
    )
    return f"{_units(data)} × {product} at {place} are sold again."


def mark_damaged(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Find units damaged."""
    product, place = _where(obj, data)
    operations.mark_damaged(
        product,
        place,
        data["quantity"],
        by=actor(request),
        why=_why(data),
        condition=data["condition"],
    )
    return f"{_units(data)} × {product} at {place} are damaged and not sold."


def write_off(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Scrap units."""
    product, place = _where(obj, data)
    operations.write_off(
        product,
        place,
        data["quantity"],
        by=actor(request),
        why=_why(data),
        condition=data["condition"],
    )
    return f"{_units(data)} × {product} at {place} are written off."


def correct(request: HttpRequest, obj: StockMovement, data: Data) -> str:
    """Undo a movement."""
    rows = operations.correct(obj, by=actor(request), why=_why(data))
    return f"Undone by {', '.join(f'{row.quantity:+d} {row.condition}' for row in rows)}."


def repair(request: HttpRequest, obj: StockLevel, data: Data) -> str:
    """Copy the ledger's sums into the counters."""
    return operations.repair(obj, by=actor(request), reason=data["reason"])


def set_safety_stock(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Keep units back."""
    product, place = _where(obj, data)
    level = operations.set_safety_stock(product, place, data["quantity"], by=actor(request))
    return f"{level.safety_stock} × {product} are kept back at {place}."


def import_stock(request: HttpRequest, _obj: None, data: Data) -> str:
    """Move what a file says, all rows or none."""
    movements = operations.move_by_lot(data["changes"], by=actor(request))
    units = sum(move.quantity for move in movements)
    noun = "unit" if abs(units) == 1 else "units"
    return f"{words.count(len(movements), 'movement')} written, {units:+d} {noun}."


def _units(data: Data) -> int:
    return operations.units_in(data["quantity"])


def _why(data: Data) -> operations.Why:
    return operations.Why(data["reason_code"], data["reason"])


def _has(figure: str) -> Callable[[Any], bool]:
    """Whether a level has such units; a product's form asks where, the operation refuses."""
    return lambda obj: isinstance(obj, Product) or getattr(obj, figure) > 0


def _where(obj: Product | StockLevel, data: Data) -> tuple[Product, Location]:
    if isinstance(obj, StockLevel):
        return obj.product, obj.location
    return obj, data.pop("location")


STOCK_ACTS = (
    Act(
        "receive",
        "Receive",
        "inventory.receive_stock",
        receive,
        form=ReceiveForm,
        help="Adds units to what is on hand; orders that wait for them are served at once.",
        icon="add_box",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "adjust",
        "Adjust",
        "inventory.adjust_stock",
        adjust,
        form=AdjustForm,
        help="Corrects the count by a movement of its own; nothing is overwritten.",
        icon="tune",
    ),
    Act(
        "quarantine",
        "Quarantine",
        "inventory.quarantine_stock",
        quarantine,
        form=QuarantineForm,
        allowed=_has("on_hand"),
        help="Sets units apart until somebody has looked at them. They are not promised meanwhile.",
        icon="front_hand",
    ),
    Act(
        "restore",
        "Release from quarantine",
        "inventory.quarantine_stock",
        restore,
        form=RestoreForm,
        allowed=_has("quarantined"),
        help="They are good: they are sold again, first to orders that wait for them.",
        icon="verified",
    ),
    Act(
        "damage",
        "Mark as damaged",
        "inventory.quarantine_stock",
        mark_damaged,
        form=DamageForm,
        help="They still lie there, but nobody is sold them. Writing them off comes after.",
        icon="broken_image",
        folded=True,
    ),
    Act(
        "write_off",
        "Write off",
        "inventory.scrap_stock",
        write_off,
        form=WriteOffForm,
        help="They are gone for good, and so is their value. This is a movement, not a deletion.",
        icon="delete_forever",
        variant=ActionVariant.DANGER,
        folded=True,
    ),
    Act(
        "safety",
        "Safety stock",
        "inventory.set_safety_stock",
        set_safety_stock,
        form=SafetyStockForm,
        help="Units that are never promised to anybody.",
        icon="shield",
        initial=lambda obj: {"quantity": getattr(obj, "safety_stock", 0)},
    ),
)
REPAIR_ACT = Act(
    "repair",
    "Repair figures",
    "inventory.repair_stock",
    repair,
    help="Sets counters to what the ledgers add up to, and writes why. Ledgers are not changed.",
    icon="healing",
    folded=True,
)
CORRECT_ACT = Act(
    "correct",
    "Undo",
    "inventory.correct_stock",
    correct,
    form=CorrectForm,
    allowed=lambda row: not queries.why_not(row),
    help="Writes the opposite movement, dated now and referring to this one. Both stay visible.",
    icon="undo",
)
IMPORT_ACT = Act(
    "import",
    "Import movements",
    "inventory.adjust_stock",
    import_stock,
    form=StockFileForm,
    help="Every row becomes a movement. One bad row, and nothing is written.",
    icon="upload_file",
    on_list=True,
)
