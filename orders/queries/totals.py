"""What an order is worth now, line by line, to the minor unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from oms.money import ZERO, quantize
from orders.models import Order, OrderCharge, OrderLine


@dataclass(frozen=True, slots=True)
class Totals:
    """The money columns of an order."""

    goods: Decimal
    charges: Decimal
    tax: Decimal
    total: Decimal


def share(amount: Decimal, part: int, whole: int, currency: str) -> Decimal:
    """What `part` of `whole` units is worth; shares of growing parts differ by exact amounts.

    The value of units 3 to 5 is share(5) - share(2): whatever the sequence, the pieces add up.
    """
    return amount if part == whole else quantize(amount * part / whole, currency)


def amount_due(line: OrderLine, currency: str) -> Decimal:
    """The line's total for the units that are not cancelled."""
    return share(line.total, line.due, line.quantity, currency)


def tax_due(line: OrderLine, currency: str) -> Decimal:
    """The tax contained in `amount_due`."""
    return share(line.tax_amount, line.due, line.quantity, currency)


def value_of(line: OrderLine, quantity: int, currency: str) -> tuple[Decimal, Decimal]:
    """What the next `quantity` credited units are worth, with the tax in it; whole lines add up."""
    upto = line.credited + quantity
    gross, tax = (
        share(amount, upto, line.quantity, currency)
        - share(amount, line.credited, line.quantity, currency)
        for amount in (line.total, line.tax_amount)
    )
    return gross, tax


def charge_total(order: Order, charge: OrderCharge) -> Decimal:
    """A charge with its tax."""
    return charge.amount if order.price_includes_tax else charge.amount + charge.tax_amount


def totals_of(order: Order, lines: Sequence[OrderLine], charges: Iterable[OrderCharge]) -> Totals:
    """Add up what is not cancelled; an order whose every unit is cancelled is worth nothing."""
    if lines and not any(line.due for line in lines):
        return Totals(ZERO, ZERO, ZERO, ZERO)
    charges = list(charges)
    goods = sum((amount_due(line, order.currency) for line in lines), ZERO)
    extra = sum((charge_total(order, charge) for charge in charges), ZERO)
    tax = sum((tax_due(line, order.currency) for line in lines), ZERO)
    tax += sum((charge.tax_amount for charge in charges), ZERO)
    return Totals(goods, extra, tax, goods + extra)
