"""The money of returns: the price of units given back, less fees; charged again if they never come.

Credits and fees are charges, so that an order's total is always goods and charges. Each bears its
share of the tax of the units that it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import transaction

from oms.counting import write_counts
from oms.errors import DomainError
from oms.money import ZERO, plain, quantize
from orders.enums import ChargeKind
from orders.models import Order, OrderCharge, OrderLine
from orders.operations import pipeline
from orders.operations.units import refuse_more_than
from orders.queries.totals import value_of


class FeeAboveCredit(DomainError):
    """A fee takes off a credit; it is no debt of its own."""

    code = "fee_above_credit"
    message = "Of {credit} {currency} no {fee} {currency} can be kept."


@dataclass(frozen=True, slots=True)
class Credited:
    """Units of a line whose price is given back, less a fee (with tax) that is kept."""

    line_id: int
    quantity: int
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class _Share:
    """Money about units of one line, with the tax in it, both positive."""

    line: OrderLine
    gross: Decimal
    tax: Decimal


@transaction.atomic
def credit_return(
    order: Order, *, by: str, credited: Sequence[Credited], reference: str
) -> Decimal:
    """Give back the price of units, less fees; returns the credit before fees.

    The order's total falls by it, so that what was paid beyond is refundable. `reference` is the
    number of the return. Whether the units are back yet is no matter here. Raises TooManyUnits
    above what was shipped and not yet credited, and FeeAboveCredit.
    """
    work = pipeline.lock(order, by=by)
    currency, lines = work.order.currency, {line.pk: line for line in work.lines}
    given, kept = [], []
    for part in credited:
        line = lines[part.line_id]
        refuse_more_than(work, line, part.quantity, line.shipped - line.credited)
        gross, tax = value_of(line, part.quantity, currency)
        if not 0 <= part.fee <= gross:
            raise FeeAboveCredit(credit=gross, fee=part.fee, currency=currency)
        given.append(_Share(line, gross, tax))
        fee_tax = quantize(tax * part.fee / gross, currency) if gross else ZERO
        kept.append(_Share(line, part.fee, fee_tax))
        line.credited += part.quantity

    write_counts([lines[part.line_id] for part in credited], "credited")
    credit = sum((part.gross for part in given), ZERO)
    _charge(work.order, ChargeKind.RETURN, given, reference, sign=-1)
    _charge(work.order, ChargeKind.RETURN_FEE, kept, reference, sign=1)
    work.fact(
        "order.return_credited",
        reference=reference,
        credit=plain(credit, currency),
        fee=plain(sum((part.gross for part in kept), ZERO), currency),
        lines=[[part.line_id, part.quantity] for part in credited],
    )
    pipeline.settle(work)
    return credit


@transaction.atomic
def charge_unreturned(
    order: Order, *, by: str, amounts: Mapping[int, Decimal], reference: str
) -> Decimal:
    """Charge again what was credited for units that never came: amounts (with tax) by line id.

    They are a charge of their own, not goods sold once more: the units stay credited. Returns the
    whole charge.
    """
    work = pipeline.lock(order, by=by)
    lines = {line.pk: line for line in work.lines}
    shares = [_taxed(lines[pk], amount, work.order.currency) for pk, amount in amounts.items()]

    _charge(work.order, ChargeKind.NOT_RETURNED, shares, reference, sign=1)
    charged = sum(amounts.values(), ZERO)
    work.fact(
        "order.return_charged",
        reference=reference,
        amount=plain(charged, work.order.currency),
    )
    pipeline.settle(work)
    return charged


def _taxed(line: OrderLine, amount: Decimal, currency: str) -> _Share:
    tax = quantize(line.tax_amount * amount / line.total, currency) if line.total else ZERO
    return _Share(line, amount, tax)


def _charge(
    order: Order, kind: ChargeKind, shares: Iterable[_Share], reference: str, *, sign: int
) -> None:
    """One charge for each kind of taxation, as documents group them; a credit shows none."""
    worth = sorted((each for each in shares if each.gross), key=_taxation)
    alike = [list(group) for _, group in groupby(worth, key=_taxation)]
    for parts in [worth] if kind == ChargeKind.RETURN and worth else alike:
        gross = sign * sum((each.gross for each in parts), ZERO)
        tax = sign * sum((each.tax for each in parts), ZERO)
        OrderCharge.objects.create(
            order=order,
            kind=kind,
            description=reference,
            amount=gross if order.price_includes_tax else gross - tax,
            tax_amount=tax,
            tax_lines=_tax_lines(parts[0].line, tax) if kind != ChargeKind.RETURN else [],
        )


def _taxation(part: _Share) -> str:
    return str([(row["code"], row["rate"], row["category"]) for row in part.line.tax_lines])


def _tax_lines(line: OrderLine, tax: Decimal) -> list[dict[str, Any]]:
    """Taxed like the line: its rates, with the amounts of this charge."""
    whole = line.tax_amount or Decimal(1)
    return [{**row, "amount": str(Decimal(row["amount"]) * tax / whole)} for row in line.tax_lines]
