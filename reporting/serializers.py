"""Messages of the reports API; amounts and quotients are strings, so that nothing is rounded twice."""

import datetime as dt

import msgspec

from oms.wire import message


@message
class SalesDay(msgspec.Struct):
    """What one channel sold in one currency on one UTC day."""

    day: dt.date
    channel: str
    currency: str
    orders: int
    lines: int
    units: int
    value: str
    cancelled_orders: int
    cancelled_value: str


@message
class SalesReport(msgspec.Struct):
    """Sales by day, oldest first; days on which nothing happened are left out."""

    first: dt.date = msgspec.field(name="from")
    last: dt.date = msgspec.field(name="to")
    time_zone: str
    days: list[SalesDay]


@message
class ProductCover(msgspec.Struct):
    """A product's stock against its demand; null where there is nothing to divide by."""

    sku: str
    on_hand: int
    reserved: int
    available: int
    backordered: int
    ordered: int
    shipped: int
    days_of_cover: str | None
    turns_a_year: str | None


@message
class StockReport(msgspec.Struct):
    """Products, those whose stock ends first at the top."""

    first: dt.date = msgspec.field(name="from")
    last: dt.date = msgspec.field(name="to")
    time_zone: str
    products: list[ProductCover]
