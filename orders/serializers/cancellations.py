"""Messages of the API about cancelling."""

from datetime import datetime
from typing import Annotated

import msgspec

from oms.wire import Quantity, Sent, message
from orders.serializers.orders import Cause, OrderOut
from orders.serializers.previews import DryRun, PreviewOut, Seen


@message
class CancelledLineIn(Sent):
    """Units of one line, by its position in the order, to cancel."""

    line: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    quantity: Quantity


@message
class CancellationIn(Sent):
    """What to cancel: the whole order, or the given units.

    An `undoable` cancel of a whole order is done when its channel's window for second thoughts
    closes, and can be taken back until then.
    """

    reason: Cause
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""
    lines: Annotated[list[CancelledLineIn], msgspec.Meta(max_length=2_000)] = []
    undoable: bool = False
    dry_run: DryRun = False
    seen: Seen | None = None


@message
class CancellationOut(msgspec.Struct):
    """What was cancelled, by how much the total fell, and what can now be refunded."""

    reason: str
    amount: str
    refundable: str
    order: OrderOut


@message
class CancellationPreviewOut(PreviewOut):
    """What cancelling would come to; `done_at` when an `undoable` one would be done, if not at once."""

    done_at: datetime | None
