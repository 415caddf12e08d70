"""What no hold could put right: orders that are refused, whoever sends them."""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

from oms.money import ZERO, is_currency, quantize
from orders.enums import RECORDED, ChargeKind
from orders.models import Channel
from orders.operations.sent import InvalidOrder, PlacedCharge, PlacedLine, PlacedOrder

TAKES_OFF = {ChargeKind.DISCOUNT, ChargeKind.ADJUSTMENT}


def nonsense(channel: Channel, placed: PlacedOrder) -> InvalidOrder | None:
    """The first reason for which this cannot be an order; none where a person could mend the rest."""
    for look in LOOKS:
        for reason in look(channel, placed):
            return InvalidOrder(reason=reason)
    return None


def _content(channel: Channel, placed: PlacedOrder) -> Iterator[str]:
    if not placed.lines:
        yield "An order needs at least one line."
    if placed.currency != channel.currency or not is_currency(placed.currency):
        yield f"Channel {channel.code} takes {channel.currency}, not {placed.currency}."


def _lines(_channel: Channel, placed: PlacedOrder) -> Iterator[str]:
    for line in placed.lines:
        if line.quantity <= 0:
            yield f"The quantity of {line.sku} must be positive."
        if line.unit_price < 0 or not 0 <= line.discount <= line.quantity * line.unit_price:
            yield f"The price or discount of {line.sku} is not possible."
        if not _taxable(_worth(line), line.tax_amount, placed.currency):
            yield f"The tax of {line.sku} is more than its price, or of the other sign."


def _charges(_channel: Channel, placed: PlacedOrder) -> Iterator[str]:
    for charge in placed.charges:
        if charge.kind == ChargeKind.DISCOUNT and charge.amount > 0:
            yield "A discount lowers the order; its amount is negative."
        if charge.amount < 0 and charge.kind not in TAKES_OFF:
            yield f"A charge for {charge.kind} is not negative; send what it takes off as a discount."
        if not _taxable(charge.amount, charge.tax_amount, placed.currency):
            yield f"The tax of the {charge.kind} is more than its amount, or of the other sign."


def _total(_channel: Channel, placed: PlacedOrder) -> Iterator[str]:
    charges: list[PlacedCharge] = list(placed.charges)
    if sum(map(_worth, placed.lines), ZERO) + sum((row.amount for row in charges), ZERO) < 0:
        yield "More is taken off than the goods are worth."


def _payments(_channel: Channel, placed: PlacedOrder) -> Iterator[str]:
    for payment in placed.payments:
        if payment.amount <= 0:
            yield "A payment must be more than zero."
        if payment.method not in RECORDED:
            yield "Store credit is redeemed on the order once it is placed."
        if payment.amount != quantize(payment.amount, placed.currency):
            yield f"{placed.currency} has no such small amounts as {payment.amount}."
    known = Counter((row.method, row.reference) for row in placed.payments if row.reference)
    for (method, reference), times in known.items():
        if times > 1:
            yield f"The payment {reference} by {method} stands there {times} times."


def _worth(line: PlacedLine) -> Decimal:
    return line.quantity * line.unit_price - line.discount


def _taxable(amount: Decimal, tax: Decimal | None, currency: str) -> bool:
    """Whether a stated tax can be one of this amount; no country takes more than all of it."""
    if not tax:
        return True
    return (tax > 0) == (amount > 0) and abs(tax) <= quantize(abs(amount), currency)


LOOKS: tuple[Callable[[Channel, PlacedOrder], Iterator[str]], ...] = (
    _content,
    _lines,
    _charges,
    _total,
    _payments,
)
