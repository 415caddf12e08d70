"""The only code that changes orders, one file per noun."""

from orders.operations.cancelling import (
    NothingToCancel,
    UnitsReleased,
    announce_return,
    cancel,
    cancel_lines,
)
from orders.operations.corrections import NotUnknown, correct_address, solve_sku
from orders.operations.holds import HoldNotOpen, lift_hold, place_hold
from orders.operations.payments import (
    AmountTooHigh,
    capture,
    grant_refund,
    pay_refund,
    record_authorization,
    record_capture,
    record_pending,
    void,
)
from orders.operations.pipeline import IllegalMove, OrderOnHold, advance, lock_order, release
from orders.operations.placing import (
    BatchRefused,
    ExternalIdReused,
    InvalidOrder,
    OutOfStock,
    Placed,
    PlacedCharge,
    PlacedLine,
    PlacedOrder,
    PlacedPayment,
    place,
    place_all,
    place_one,
)
from orders.operations.rehearsing import rehearse
from orders.operations.units import (
    TooManyUnits,
    recall_units,
    record_delivery,
    record_return,
    record_shipment,
)
from orders.operations.waiting import serve_waiting

__all__ = [
    "AmountTooHigh",
    "BatchRefused",
    "ExternalIdReused",
    "HoldNotOpen",
    "IllegalMove",
    "InvalidOrder",
    "NotUnknown",
    "NothingToCancel",
    "OrderOnHold",
    "OutOfStock",
    "Placed",
    "PlacedCharge",
    "PlacedLine",
    "PlacedOrder",
    "PlacedPayment",
    "TooManyUnits",
    "Units",
    "UnitsReleased",
    "advance",
    "announce_return",
    "cancel",
    "cancel_lines",
    "capture",
    "correct_address",
    "grant_refund",
    "lift_hold",
    "lock_order",
    "pay_refund",
    "place",
    "place_all",
    "place_hold",
    "place_one",
    "recall_units",
    "record_authorization",
    "record_capture",
    "record_delivery",
    "record_pending",
    "record_return",
    "record_shipment",
    "rehearse",
    "release",
    "serve_waiting",
    "solve_sku",
    "void",
]
