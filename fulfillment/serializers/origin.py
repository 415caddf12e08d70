"""Messages about shipments that came back undelivered."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from fulfillment.enums import OriginReason
from fulfillment.models import OriginReturn
from fulfillment.queries.origin import note_of
from oms.money import plain
from oms.wire import Moment, Sent, message, utc

Note = Annotated[str, msgspec.Meta(max_length=300)]
Line = Annotated[str, msgspec.Meta(max_length=200)]


@message
class NewAddressIn(Sent):
    """Where a shipment is sent once more."""

    line1: Line
    city: Line
    country: Annotated[str, msgspec.Meta(min_length=2, max_length=2, pattern="^[A-Z]{2}$")]
    postcode: Annotated[str, msgspec.Meta(max_length=20)] = ""
    line2: Line = ""
    region: Line = ""
    name: Line = ""
    company: Line = ""


@message
class OriginIn(Sent):
    """Why a carrier brings a shipment back undelivered. `note` goes with the buyer."""

    reason: Literal[tuple(OriginReason.values)]  # type: ignore[valid-type]
    note: Note = ""
    at: Moment | None = None


@message
class OriginDecisionIn(Sent):
    """What becomes of a shipment that came back.

    `shipping_address` is where a reshipment goes; without one to the same address.
    """

    decision: Literal["hold", "reship", "refund"]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    shipping_address: NewAddressIn | None = None


@message
class OriginOut(msgspec.Struct):
    """That a shipment came back: `rma` receives its units, `replacement` sends them once more."""

    reason: str
    note: str
    decision: str
    cash_called_off: str
    rma: str | None
    replacement: str | None
    said_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: OriginReturn, currency: str) -> "OriginOut":
        """As the API shows it."""
        made = getattr(row.return_order, "exchange", None) if row.return_order else None
        return cls(
            reason=row.reason,
            note=note_of(row),
            decision=row.decision,
            cash_called_off=plain(row.cash, currency),
            rma=row.return_order.number if row.return_order else None,
            replacement=made.replacement.number if made else None,
            said_at=utc(row.said_at),
            decided_at=utc(row.decided_at),
        )
