"""Where an order stands, computed from facts: stage, payment status, fulfilment status.

These functions are the definition; the columns of the same names are caches of their answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.enums import FulfillmentStatus, OrderStatus, PaymentStatus, Stage
from orders.models import OrderLine

FINISHED = {OrderStatus.CANCELLED, OrderStatus.CLOSED}


@dataclass(frozen=True, slots=True)
class LineFacts:
    """The units of all lines of an order, added up."""

    due: int
    allocated: int
    released: int
    shipped: int
    delivered: int
    returned: int
    undelivered: int = 0  # shipped, and will not arrive
    made_good: int = 0  # of these, credited

    @classmethod
    def of(cls, lines: Sequence[OrderLine]) -> "LineFacts":
        """Add up these lines."""
        return cls(
            due=sum(line.due for line in lines),
            allocated=sum(line.allocated for line in lines),
            released=sum(line.released for line in lines),
            shipped=sum(line.shipped for line in lines),
            delivered=sum(line.delivered for line in lines),
            returned=sum(line.returned for line in lines),
            undelivered=sum(line.undelivered for line in lines),
            made_good=sum(_made_good(line) for line in lines),
        )


def _made_good(line: OrderLine) -> int:
    """What is said to be, or must be because more is credited than arrived or may arrive."""
    return max(line.made_good, line.credited - (line.shipped - line.undelivered))


def stage_of(status: str, units: LineFacts, *, on_hold: bool, money_ready: bool) -> Stage:
    """The stage that an order is in: the first thing that it waits for.

    A hold comes before everything; then work at a location, then money for what has stock, then
    stock. An order that waits for several things shows the one that can be worked on first.
    """
    if status in FINISHED:
        return Stage.REPORTING
    if 0 < units.due <= units.shipped:
        under_way = units.shipped - units.delivered - units.undelivered
        return Stage.SHIPPING if under_way > 0 else Stage.REPORTING
    if on_hold:
        return Stage.VALIDATION
    if units.released > units.shipped:
        return Stage.FULFILMENT
    if units.allocated > units.released:
        return Stage.FULFILMENT if money_ready else Stage.PAYMENT
    return Stage.ALLOCATION


def payment_status_of(
    total: Decimal, *, authorized: Decimal, captured: Decimal, refunded: Decimal
) -> PaymentStatus:
    """Money received less money returned, against what is due now.

    Where nothing is due and nothing was ever taken, nothing was paid either: a free order, or one
    cancelled before it was paid.
    """
    received = captured - refunded
    if captured and received <= 0:
        return PaymentStatus.REFUNDED
    if received > total:
        return PaymentStatus.OVERPAID
    if received == total and captured:
        return PaymentStatus.PAID
    if received > 0:
        return PaymentStatus.PARTIALLY_PAID
    if authorized and authorized >= total:
        return PaymentStatus.AUTHORIZED
    return PaymentStatus.UNPAID if total else PaymentStatus.NOT_DUE


def fulfillment_status_of(units: LineFacts) -> FulfillmentStatus:
    """Goods sent and come back, against goods due."""
    if not units.shipped:
        return FulfillmentStatus.UNFULFILLED
    if units.returned:
        whole = units.returned >= units.shipped >= units.due
        return FulfillmentStatus.RETURNED if whole else FulfillmentStatus.PARTIALLY_RETURNED
    if units.shipped < units.due:
        return FulfillmentStatus.PARTIALLY_SHIPPED
    return FulfillmentStatus.SHIPPED
