"""The only code that changes fulfilment documents, one file per noun."""

from fulfillment.operations.changes import withdraw_lines
from fulfillment.operations.claiming import (
    Asked,
    NotClaimable,
    NothingClaimed,
    WrongClaimAmount,
    open_claim,
)
from fulfillment.operations.claims import (
    EntryUndone,
    answer_claim,
    book_claim,
    send_claim,
    undo_claim_entry,
    withdraw_claim,
)
from fulfillment.operations.documents import IllegalMove
from fulfillment.operations.exchanges import (
    ExchangeEnded,
    GoodsAwaited,
    NotAvailable,
    ReplacementLeft,
    Swap,
    exchange,
    refund_instead,
    replace_without_goods,
    send_anyway,
    settle_exchange,
)
from fulfillment.operations.origin import (
    DecidedBefore,
    NothingCameBack,
    keep_for_later,
    refund_origin,
    reship,
)
from fulfillment.operations.packing import NothingPicked, PackedParcel, pack
from fulfillment.operations.parcel_lots import SerialInParcel
from fulfillment.operations.picking import TooManyPicked, pick, scan
from fulfillment.operations.pickup import (
    CollectorMissing,
    NotForPickup,
    collect,
    give_up,
    make_ready,
)
from fulfillment.operations.recalling import NothingToRecall, cancel_order, recall
from fulfillment.operations.receiving import NothingToInspect, WrongOutcome, inspect, receive
from fulfillment.operations.requesting import (
    OutsidePolicy,
    UnknownReason,
    expect_back,
    offer_return,
    request_return,
    take_back,
)
from fulfillment.operations.returns import (
    NothingArrived,
    NotInspected,
    approve,
    close,
    decline,
    expire_due,
    give_up_rest,
    reopen,
    withdraw,
)
from fulfillment.operations.scanning import (
    ScannedUnit,
    SentWithAnother,
    UnknownCode,
    scan_return,
)
from fulfillment.operations.shipping import (
    NothingPacked,
    ToBeCollected,
    UnknownCarrier,
    UnknownParcel,
    ship,
)
from fulfillment.operations.tracking import CannotComeBack, bring_back, deliver, track
from fulfillment.operations.waiving import (
    AboveKeepLimit,
    credit_without_goods,
    let_keep,
    waive_missing,
)
from fulfillment.operations.work import NothingToReject, accept, create, reject
from fulfillment.queries.policies import NotReturnable, Wish

__all__ = [
    "AboveKeepLimit",
    "Asked",
    "CannotComeBack",
    "CollectorMissing",
    "DecidedBefore",
    "EntryUndone",
    "ExchangeEnded",
    "GoodsAwaited",
    "IllegalMove",
    "NotAvailable",
    "NotClaimable",
    "NotForPickup",
    "NotInspected",
    "NotReturnable",
    "NothingArrived",
    "NothingCameBack",
    "NothingClaimed",
    "NothingPacked",
    "NothingPicked",
    "NothingToInspect",
    "NothingToRecall",
    "NothingToReject",
    "OutsidePolicy",
    "PackedParcel",
    "ReplacementLeft",
    "ScannedUnit",
    "SentWithAnother",
    "SerialInParcel",
    "Swap",
    "ToBeCollected",
    "TooManyPicked",
    "UnknownCarrier",
    "UnknownCode",
    "UnknownParcel",
    "UnknownReason",
    "Wish",
    "WrongClaimAmount",
    "WrongOutcome",
    "accept",
    "answer_claim",
    "approve",
    "book_claim",
    "bring_back",
    "cancel_order",
    "close",
    "collect",
    "create",
    "credit_without_goods",
    "decline",
    "deliver",
    "exchange",
    "expect_back",
    "expire_due",
    "give_up",
    "give_up_rest",
    "inspect",
    "keep_for_later",
    "let_keep",
    "make_ready",
    "offer_return",
    "open_claim",
    "pack",
    "pick",
    "recall",
    "receive",
    "refund_instead",
    "refund_origin",
    "reject",
    "reopen",
    "replace_without_goods",
    "request_return",
    "reship",
    "scan",
    "scan_return",
    "send_anyway",
    "send_claim",
    "settle_exchange",
    "ship",
    "take_back",
    "track",
    "undo_claim_entry",
    "waive_missing",
    "withdraw",
    "withdraw_claim",
    "withdraw_lines",
]
