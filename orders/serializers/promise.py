"""Messages about promises."""

from datetime import date, datetime
from typing import Any

import msgspec

from oms.wire import message, utc
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
class QuoteOut(msgspec.Struct):
    """What a buyer can be told now about a quantity of a SKU.

    `ships_by` and `arrives_on` are empty while `missing` units have no supply in sight.
    """

    sku: str
    quantity: int
    missing: int
    ships_by: datetime | None
    arrives_on: date | None
    made_of: list[PromisePartOut]

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
        )


@message
class QuotesOut(msgspec.Struct):
    """Promises for a basket: one per SKU, and the day on which all of it can be there."""

    ships_by: datetime | None
    arrives_on: date | None
    promises: list[QuoteOut]
