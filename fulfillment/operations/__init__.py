"""The only code that changes fulfilment documents, one file per noun."""

from fulfillment.operations.changes import withdraw_lines
from fulfillment.operations.documents import IllegalMove
from fulfillment.operations.packing import NothingPicked, PackedParcel, pack
from fulfillment.operations.picking import TooManyPicked, pick, scan
from fulfillment.operations.pickup import (
    CollectorMissing,
    NotForPickup,
    collect,
    give_up,
    make_ready,
)
from fulfillment.operations.recalling import NothingToRecall, cancel_order, recall
from fulfillment.operations.returns import (
    NotReturnable,
    WrongOutcome,
    approve,
    close,
    decline,
    receive,
    request_return,
    take_back,
)
from fulfillment.operations.shipping import NothingPacked, ToBeCollected, UnknownCarrier, ship
from fulfillment.operations.tracking import deliver, track
from fulfillment.operations.work import NothingToReject, accept, create, reject

__all__ = [
    "CollectorMissing",
    "IllegalMove",
    "NotForPickup",
    "NotReturnable",
    "NothingPacked",
    "NothingPicked",
    "NothingToRecall",
    "NothingToReject",
    "PackedParcel",
    "ToBeCollected",
    "TooManyPicked",
    "UnknownCarrier",
    "WrongOutcome",
    "accept",
    "approve",
    "cancel_order",
    "close",
    "collect",
    "create",
    "decline",
    "deliver",
    "give_up",
    "make_ready",
    "pack",
    "pick",
    "recall",
    "receive",
    "reject",
    "request_return",
    "scan",
    "ship",
    "take_back",
    "track",
    "withdraw_lines",
]
