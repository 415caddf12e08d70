"""What no hold could put right: orders that are refused, whoever sends them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from oms.money import ZERO, has_amount, is_currency, quantize
from orders.enums import RECORDED, ChargeKind
from orders.models import Channel
from orders.operations.sent import InvalidOrder, PlacedCharge, PlacedLine, PlacedOrder

Found = Iterator[tuple[str, str]]  # where it stands in the message, and what is wrong with it

CLOCK_SKEW = timedelta(minutes=15)
FIRST_YEAR = 2000
TAKES_OFF = {ChargeKind.DISCOUNT, ChargeKind.ADJUSTMENT}


def nonsense(channel: Channel, placed: PlacedOrder) -> InvalidOrder | None:
    """The first reason for which this cannot be an order; none where a person could mend the rest."""
    for look in LOOKS:
        for pointer, reason in look(channel, placed):
            return InvalidOrder(reason=reason, pointer=pointer)
    return None


def _moment(_channel: Channel, placed: PlacedOrder) -> Found:
    """A clock may go wrong by minutes; an order of next year would be late in no list of ours."""
    if placed.placed_at is None:
        return
    if placed.placed_at > timezone.now() + CLOCK_SKEW:
        yield "/placed_at", "An order cannot have been placed in the future."
    if placed.placed_at.year < FIRST_YEAR:
        yield "/placed_at", f"An order cannot have been placed before {FIRST_YEAR}."


def _content(channel: Channel, placed: PlacedOrder) -> Found:
    if not placed.lines:
        yield "/lines", "An order needs at least one line."
    if placed.currency != channel.currency or not is_currency(placed.currency):
        yield (
            "/currency",
            f"Channel {channel.code} takes {channel.currency}, not {placed.currency}.",
        )


def _lines(_channel: Channel, placed: PlacedOrder) -> Found:
    for at, line in enumerate(placed.lines):
        if line.quantity <= 0:
            yield f"/lines/{at}/quantity", f"The quantity of {line.sku} must be positive."
        if line.unit_price < 0:
            yield f"/lines/{at}/unit_price", f"The price of {line.sku} is below zero."
        if not 0 <= line.discount <= line.quantity * line.unit_price:
            yield (
                f"/lines/{at}/discount",
                f"The discount of {line.sku} is more than its price, or below zero.",
            )
        if line.tax_amount and not _is_amount(line.tax_amount, placed.currency):
            yield f"/lines/{at}/tax_amount", _too_small(line.tax_amount, placed.currency)
        if not _taxable(_worth(line), line.tax_amount, placed.currency):
            yield (
                f"/lines/{at}/tax_amount",
                f"The tax of {line.sku} is more than its price, or of the other sign.",
            )


def _charges(_channel: Channel, placed: PlacedOrder) -> Found:
    for at, charge in enumerate(placed.charges):
        amount = f"/charges/{at}/amount"
        if charge.kind == ChargeKind.DISCOUNT and charge.amount > 0:
            yield amount, "A discount lowers the order; its amount is negative."
        if charge.amount < 0 and charge.kind not in TAKES_OFF:
            yield (
                amount,
                f"A charge for {charge.kind} is not negative; send what it takes off as a discount.",
            )
        if not _is_amount(charge.amount, placed.currency):
            yield amount, _too_small(charge.amount, placed.currency)
        if charge.tax_amount and not _is_amount(charge.tax_amount, placed.currency):
            yield f"/charges/{at}/tax_amount", _too_small(charge.tax_amount, placed.currency)
        if not _taxable(charge.amount, charge.tax_amount, placed.currency):
            yield (
                f"/charges/{at}/tax_amount",
                f"The tax of the {charge.kind} is more than its amount, or of the other sign.",
            )


def _total(_channel: Channel, placed: PlacedOrder) -> Found:
    charges: list[PlacedCharge] = list(placed.charges)
    if sum(map(_worth, placed.lines), ZERO) + sum((row.amount for row in charges), ZERO) < 0:
        yield "/charges", "More is taken off than the goods are worth."


def _payments(_channel: Channel, placed: PlacedOrder) -> Found:
    for at, payment in enumerate(placed.payments):
        amount = f"/payments/{at}/amount"
        if payment.amount <= 0:
            yield amount, "A payment must be more than zero."
        if payment.method not in RECORDED:
            yield (
                f"/payments/{at}/method",
                "Store credit is redeemed on the order once it is placed.",
            )
        if not _is_amount(payment.amount, placed.currency):
            yield amount, _too_small(payment.amount, placed.currency)
    known = Counter((row.method, row.reference) for row in placed.payments if row.reference)
    for (method, reference), times in known.items():
        if times > 1:
            yield "/payments", f"The payment {reference} by {method} stands there {times} times."


def _is_amount(amount: Decimal, currency: str) -> bool:
    return has_amount(currency, amount)


def _too_small(amount: Decimal, currency: str) -> str:
    return f"{currency} has no such small amounts as {amount}."


def _worth(line: PlacedLine) -> Decimal:
    return line.quantity * line.unit_price - line.discount


def _taxable(amount: Decimal, tax: Decimal | None, currency: str) -> bool:
    """Whether a stated tax can be one of this amount; no country takes more than all of it."""
    if not tax:
        return True
    return (tax > 0) == (amount > 0) and abs(tax) <= quantize(abs(amount), currency)


LOOKS: tuple[Callable[[Channel, PlacedOrder], Found], ...] = (
    _content,
    _moment,
    _lines,
    _charges,
    _total,
    _payments,
)
