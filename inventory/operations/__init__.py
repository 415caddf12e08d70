"""The only code that changes stock, one file per noun."""

from inventory.operations.expected import Expected, expect
from inventory.operations.products import introduce, save_product
from inventory.operations.reservations import (
    NotReserved,
    StockTaken,
    Take,
    Units,
    consume,
    firm_up,
    recall,
    release,
    reserve,
    reserve_more,
)
from inventory.operations.stock import (
    Change,
    InsufficientStock,
    adjust,
    announce_stock,
    move,
    receive,
    set_safety_stock,
)

__all__ = [
    "Change",
    "Expected",
    "InsufficientStock",
    "NotReserved",
    "StockTaken",
    "Take",
    "Units",
    "adjust",
    "announce_stock",
    "consume",
    "expect",
    "firm_up",
    "introduce",
    "move",
    "recall",
    "receive",
    "release",
    "reserve",
    "reserve_more",
    "save_product",
    "set_safety_stock",
]
