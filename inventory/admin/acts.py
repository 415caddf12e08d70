"""The buttons of stock levels and products; each makes one operation call."""

from typing import Any

from django.http import HttpRequest
from unfold.enums import ActionVariant

from inventory import operations
from inventory.forms import AdjustForm, ReceiveForm, SafetyStockForm, StockFileForm
from inventory.models import Location, Product, StockLevel
from oms.admin import Act, actor

Data = dict[str, Any]


def receive(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Take units in."""
    product, place = _where(obj, data)
    movement = operations.receive(product, place, by=actor(request), **data)
    return f"{movement.quantity} × {product} received at {place}; {movement.balance} on hand."


def adjust(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Correct the count."""
    product, place = _where(obj, data)
    why = operations.Why(data["reason_code"], data["reason"])
    movement = operations.adjust(product, place, data["quantity"], by=actor(request), why=why)
    return f"{product} at {place} changed by {movement.quantity:+d}; {movement.balance} on hand."


def set_safety_stock(request: HttpRequest, obj: Product | StockLevel, data: Data) -> str:
    """Keep units back."""
    product, place = _where(obj, data)
    level = operations.set_safety_stock(product, place, data["quantity"], by=actor(request))
    return f"{level.safety_stock} × {product} are kept back at {place}."


def import_stock(request: HttpRequest, _obj: None, data: Data) -> str:
    """Move what a file says, all rows or none."""
    movements = operations.move(data["changes"], by=actor(request))
    return f"{len(movements)} movements written, {sum(m.quantity for m in movements):+d} units."


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
