"""Messages about promises."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec

from oms.wire import Moment, Sent, message, utc
from orders.models import Promise
from orders.queries.promising import Quote


@message
class PromisePartOut(msgspec.Struct):
    """Units that come from one source: stock, a purchase order, a transfer, a return, a pre-order.

    `kind` is `none` for units that nothing in sight covers; they have no dates.
    """

    sku: str
    kind: str
    quantity: int
    line: int | None = None
    reference: str = ""
    location: str = ""
    ready_on: str | None = None
    ships_on: str | None = None
    arrives_on: str | None = None

    @classmethod
    def of(cls, part: dict[str, Any]) -> "PromisePartOut":
        """As the ledger keeps it."""
        return cls(**part)


@message
class PromiseOut(msgspec.Struct):
    """A row of an order's promise ledger: ship by when, made of what, and why it changed."""

    promised_at: datetime
    previous_at: datetime | None
    arrives_on: date | None
    reason: str
    note: str
    at: datetime
    made_of: list[PromisePartOut]

    @classmethod
    def of(cls, promise: Promise) -> "PromiseOut":
        """As the API shows it."""
        return cls(
            promised_at=utc(promise.promised_at),
            previous_at=utc(promise.previous_at),
            arrives_on=promise.arrives_on,
            reason=promise.reason,
            note=promise.note,
            at=utc(promise.at),
            made_of=[PromisePartOut.of(part) for part in promise.made_of],
        )


@message
class PromiseIn(Sent):
    """Another ship-by date for an order, decided by somebody; the note holds no personal data."""

    promised_at: Moment
    reason: Literal["customer_asked", "expedited", "staff"]
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


@message
class PriorityIn(Sent):
    """Where an order stands among those who wait for stock: higher is served first, 0 is usual."""

    priority: Annotated[int, msgspec.Meta(ge=-32_767, le=32_767)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class PriorityOut(msgspec.Struct):
    """An order's priority, and what it is promised with it; promises follow within seconds."""

    number: str
    priority: int
    promised_at: datetime | None


@message
class QuoteOut(msgspec.Struct):
    """What a buyer can be told now about a quantity of a SKU.

    `ships_by` and `arrives_on` are empty while `missing` units have no supply in sight. They are
    `waits_days` later than the last of `made_of` where the channel promises nothing sooner.
    """

    sku: str
    quantity: int
    missing: int
    ships_by: datetime | None
    arrives_on: date | None
    made_of: list[PromisePartOut]
    waits_days: int

    @classmethod
    def of(cls, quote: Quote) -> "QuoteOut":
        """As the API shows it."""
        return cls(
            sku=quote.sku,
            quantity=quote.quantity,
            missing=quote.missing,
            ships_by=utc(quote.ships_by),
            arrives_on=quote.arrives_on,
            made_of=[PromisePartOut(sku=quote.sku, **part.plain()) for part in quote.parts],
            waits_days=quote.waits,
        )


@message
class QuotesOut(msgspec.Struct):
    """Promises for a basket: one per SKU, and the day on which all of it can be there."""

    ships_by: datetime | None
    arrives_on: date | None
    promises: list[QuoteOut]
