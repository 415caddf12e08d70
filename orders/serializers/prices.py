"""Messages about prices: what something costs a buyer, and the rows of a list."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from oms.money import plain
from oms.wire import Quantity, Sent, Short, Sku, message
from orders.models import PriceList
from orders.operations import ListFace, PriceReport
from orders.queries.prices import Price


@message
class PriceLineIn(Sent):
    """So many of a product."""

    sku: Sku
    quantity: Quantity = 1


@message
class PricesIn(Sent):
    """What is asked: products and, if it is known, who buys (`customer` is our number) and when."""

    lines: Annotated[list[PriceLineIn], msgspec.Meta(min_length=1, max_length=1_000)]
    customer: Short = ""
    on: date | None = None


@message
class PriceOut(msgspec.Struct):
    """A price, null where nobody set one; `why` names every list that was asked, in turn."""

    sku: str
    quantity: int
    unit_price: str | None
    price_list: str
    from_quantity: int
    why: list[str]

    @classmethod
    def of(cls, price: Price, currency: str) -> "PriceOut":
        """As the API shows it."""
        amount = None if price.unit_price is None else plain(price.unit_price, currency)
        return cls(
            price.sku,
            price.quantity,
            amount,
            price.price_list,
            price.from_quantity,
            list(price.why),
        )


@message
class PricesOut(msgspec.Struct):
    """Prices in the order asked; `price_includes_tax` as the channel states prices."""

    currency: str
    price_includes_tax: bool
    prices: list[PriceOut]


@message
class ListPriceIn(Sent):
    """What a unit costs when at least so many are bought."""

    sku: Sku
    unit_price: Decimal
    from_quantity: Quantity = 1


@message
class ListPricesIn(Sent):
    """Up to 10,000 prices of a list; those that are not named stay."""

    prices: Annotated[list[ListPriceIn], msgspec.Meta(min_length=1, max_length=10_000)]


@message
class RefusedPriceOut(msgspec.Struct):
    """A row that was not taken; `row` counts from 1."""

    row: int
    sku: str
    reason: str


@message
class PriceReportOut(msgspec.Struct):
    """What became of the rows."""

    added: int
    changed: int
    unchanged: int
    refused: list[RefusedPriceOut]

    @classmethod
    def of(cls, report: PriceReport) -> "PriceReportOut":
        """As the API shows it."""
        refused = [RefusedPriceOut(*row) for row in report.refused]
        return cls(report.added, report.changed, report.unchanged, refused)


@message
class PriceListIn(Sent):
    """For whom a list is: a `channel`, a `company`, a `segment` or a `group` of customers, or everybody.

    Channel, company and segment are codes; it names at most one of company, segment and group.
    Only channels that state prices the same way, with or without tax, use it. Of lists for the same
    buyers the one of the lowest `rank` is asked first.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    includes_tax: bool = True
    channel: Short | None = None
    group: Annotated[str, msgspec.Meta(max_length=40)] = ""
    company: Short | None = None
    segment: Short | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    rank: Annotated[int, msgspec.Meta(ge=0, le=32_767)] = 100
    active: bool = True
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "Kept by another system"

    def face(self, channel: Any, company: Any, segment: Any) -> ListFace:
        """In the words of the operation, with the rows that its codes name."""
        return ListFace(
            name=self.name,
            currency=self.currency,
            includes_tax=self.includes_tax,
            channel=channel,
            group=self.group,
            company=company,
            segment=segment,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            rank=self.rank,
            is_active=self.active,
        )


@message
class PriceListOut(msgspec.Struct):
    """A list as it is kept; its prices are another matter."""

    code: str
    name: str
    currency: str
    includes_tax: bool
    channel: str | None
    group: str
    company: str | None
    segment: str | None
    valid_from: date | None
    valid_to: date | None
    rank: int
    active: bool

    @classmethod
    def of(cls, row: PriceList) -> "PriceListOut":
        """As the API shows it."""
        return cls(
            code=row.code,
            name=row.name,
            currency=row.currency,
            includes_tax=row.includes_tax,
            channel=row.channel.code if row.channel else None,
            group=row.group,
            company=row.company.code if row.company else None,
            segment=row.segment.code if row.segment else None,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            rank=row.rank,
            active=row.is_active,
        )
