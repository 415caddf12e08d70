"""What can be done with a document now; pages and the API offer nothing else."""

from collections.abc import Sequence

from fulfillment.enums import ExchangeStatus, ReturnStatus
from fulfillment.enums import FulfillmentOrderStatus as Status
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, Return

WORKING = {Status.OPEN, Status.ACCEPTED, Status.PICKED, Status.PACKED, Status.READY_FOR_PICKUP}


# What takes goods nearer to the door; refused while a hold is open on the order.
ONWARDS = {"pick", "pack", "ship", "make_ready", "collect"}


def allowed_actions(
    document: FulfillmentOrder, lines: Sequence[FulfillmentOrderLine] | None = None
) -> list[str]:
    """Names of the acts that would not be refused now, in the order of the work."""
    lines = list(document.lines.all()) if lines is None else lines
    working = document.status in WORKING
    held = any(hold.lifted_at is None for hold in document.order.holds.all())
    rules = {
        "accept": document.status == Status.OPEN,
        "pick": document.status in {Status.OPEN, Status.ACCEPTED}
        and any(line.to_pick for line in lines),
        "pack": document.status in {Status.ACCEPTED, Status.PICKED}
        and any(line.to_pack for line in lines),
        "ship": working and not document.for_pickup and any(line.to_ship for line in lines),
        "make_ready": document.for_pickup
        and document.status in {Status.PICKED, Status.PACKED}
        and any(line.picked for line in lines),
        "collect": document.status == Status.READY_FOR_PICKUP,
        "give_up": document.status == Status.READY_FOR_PICKUP,
        "reject": working and any(line.due > line.packed for line in lines),
        "recall": working and any(line.due > line.shipped for line in lines),
    }
    return [name for name, allowed in rules.items() if allowed and not (held and name in ONWARDS)]


def allowed_return_actions(document: Return) -> list[str]:
    """Names of the acts that a return's status and units allow."""
    lines = list(document.lines.all())
    status, some = document.status, any(line.received for line in lines)
    awaited = status in {ReturnStatus.REQUESTED, ReturnStatus.APPROVED}
    rules = {
        "approve": status == ReturnStatus.REQUESTED,
        "receive": status == ReturnStatus.APPROVED,
        "inspect": any(line.to_inspect for line in lines) and status != ReturnStatus.CLOSED,
        "give_up_rest": status == ReturnStatus.APPROVED and some,
        "reopen": status == ReturnStatus.EXPIRED,
        "let_keep": awaited and any(line.missing for line in lines),
        "send_anyway": _has_open_exchange(document)
        and status in {ReturnStatus.RECEIVED, ReturnStatus.CLOSED},
        "refund_instead": _has_open_exchange(document),
        "decline": awaited and not some and not hasattr(document, "origin_return"),
        "withdraw": awaited and not some and not hasattr(document, "origin_return"),
        "close": document.status == ReturnStatus.RECEIVED,
    }
    return [name for name, allowed in rules.items() if allowed]


def has_label(document: Return) -> bool:
    """Whether the buyer is to send it, so that there is a label; a carrier brings some by itself."""
    return document.status == ReturnStatus.APPROVED and not hasattr(document, "origin_return")


def _has_open_exchange(document: Return) -> bool:
    made = getattr(document, "exchange", None)
    return made is not None and made.status == ExchangeStatus.OPEN
