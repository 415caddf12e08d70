"""What a document is worth: money of an order's lines, by the units that move, tied to the cent.

Gross follows the order's own shares, so whatever is shipped in whatever sequence, documents add up
to the order. Tax is rounded per rate over everything documented so far; a document bears the
difference to what the ones before it bore. Net is what remains.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compliance.enums import TaxCategory
from compliance.models import InvoiceLine
from compliance.queries.law import tidy
from compliance.queries.taxes import HALF, VAT, spread
from oms.money import ZERO, exponent, plain, quantize
from orders.models import Order, OrderCharge, OrderLine
from orders.queries.totals import charge_total, share

TOLERANCE = Decimal(2)  # minor units by which a stated tax may differ from its rate


@dataclass(frozen=True, slots=True)
class Taxation:
    """How a line is taxed: lines that agree in it form a tax group of a document."""

    category: str
    rate: Decimal  # per cent, all parts together
    parts: tuple[tuple[str, Decimal], ...]  # code, per cent


@dataclass(frozen=True, slots=True)
class Item:
    """A line or a charge of an order: its whole worth, and how far documents have come with it."""

    row: OrderLine | OrderCharge
    taxation: Taxation
    whole: Decimal  # gross of all units
    tax: Decimal  # contained in it
    before: Decimal  # gross documented so far
    after: Decimal  # gross documented with this document
    units: int  # units on this document; 0: not on it


@dataclass(frozen=True, slots=True)
class Amount:
    """One line of a document."""

    item: Item
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Group:
    """Tax of one rate and part, as the document's summary shows it."""

    code: str
    category: str
    rate: Decimal
    base: Decimal
    amount: Decimal

    def plain(self, currency: str) -> dict[str, str]:
        """As stored."""
        return {
            "code": self.code,
            "category": self.category,
            "rate": str(self.rate),
            "base": plain(self.base, currency),
            "amount": plain(self.amount, currency),
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """A document's money."""

    lines: tuple[Amount, ...]
    groups: tuple[Group, ...]

    @property
    def net(self) -> Decimal:
        """Without tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        """All tax."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return self.net + self.tax


def line_items(
    order: Order, lines: Iterable[OrderLine], done: Mapping[int, int], units: Mapping[int, int]
) -> list[Item]:
    """The order's lines, `units` of which move beyond those that are `done`."""
    items = []
    for line in lines:
        before = done.get(line.pk, 0)
        moved = units.get(line.pk, 0)
        items.append(
            Item(
                row=line,
                taxation=taxation_of(line, line.total, order.currency),
                whole=line.total,
                tax=line.tax_amount,
                before=share(line.total, before, line.quantity, order.currency),
                after=share(line.total, before + moved, line.quantity, order.currency),
                units=moved,
            )
        )
    return items


def charge_items(order: Order, charges: Iterable[OrderCharge], done: set[int]) -> list[Item]:
    """The order's charges; those that no document shows yet are on this one."""
    items = []
    for charge in charges:
        whole = charge_total(order, charge)
        items.append(
            Item(
                row=charge,
                taxation=taxation_of(charge, whole, order.currency),
                whole=whole,
                tax=charge.tax_amount,
                before=whole if charge.pk in done else ZERO,
                after=whole,
                units=int(charge.pk not in done),
            )
        )
    return items


def fee_items(order: Order, fees: Iterable[OrderCharge], done: set[int], source: str) -> list[Item]:
    """What is kept of the credit of a return: taken off its credit note, the first after the fee."""
    mine = source.removeprefix("return:").partition("/")[0]
    items = []
    for fee in fees:
        whole = -charge_total(order, fee)
        new = fee.description == mine and fee.pk not in done
        shown = new or fee.pk in done
        items.append(
            Item(
                row=fee,
                taxation=taxation_of(fee, -whole, order.currency),
                whole=whole,
                tax=-fee.tax_amount,
                before=whole if shown and not new else ZERO,
                after=whole if shown else ZERO,
                units=int(new),
            )
        )
    return items


def draft(items: Sequence[Item], currency: str) -> Draft:
    """Work out a document's lines and tax groups."""
    grouped: dict[Taxation, list[Item]] = defaultdict(list)
    for item in items:
        grouped[item.taxation].append(item)
    taxes: dict[int, Decimal] = defaultdict(lambda: ZERO)  # by place of the item in the document
    groups = []
    for taxation, members in grouped.items():
        shown = [item for item in members if item.units]
        if not shown:
            continue
        worths = [item.after - item.before for item in shown]
        amounts = _taxes(taxation, members, currency)
        base = sum(worths, ZERO) - sum(amounts, ZERO)
        for (code, per_cent), amount in zip(taxation.parts, amounts, strict=True):
            groups.append(Group(code, taxation.category, per_cent, base, amount))
            for item, tax in zip(shown, spread(amount, worths, currency), strict=True):
                taxes[id(item)] += tax
    lines = tuple(
        Amount(item, item.after - item.before - taxes[id(item)], taxes[id(item)])
        for item in items
        if item.units
    )
    return Draft(lines, tuple(groups))


def taxation_of(row: OrderLine | OrderCharge, gross: Decimal, currency: str) -> Taxation:
    """How a line was taxed when it was placed.

    Where the channel stated a tax that does not fit the rate, the rate is the one it stated.
    """
    copied: list[dict[str, Any]] = row.tax_lines
    rate = sum((Decimal(part["rate"]) for part in copied), ZERO)
    category = copied[0]["category"] if copied else TaxCategory.OUTSIDE.value
    codes = tuple(part["code"] for part in copied) or (VAT,)
    expected = gross * rate / (100 + rate)
    if abs(row.tax_amount - expected) > TOLERANCE * exponent(currency):
        rate = _stated_rate(row.tax_amount, gross)
        category = (TaxCategory.STANDARD if rate else TaxCategory.ZERO).value
    part = HALF if len(codes) > 1 else Decimal(1)
    return Taxation(category, tidy(rate), tuple((code, tidy(rate * part)) for code in codes))


def _stated_rate(tax: Decimal, gross: Decimal) -> Decimal:
    """The rate that a stated tax amounts to, to a tenth of a per cent."""
    net = gross - tax
    return (tax * 100 / net).quantize(Decimal("0.1")) if net else ZERO


def _taxes(taxation: Taxation, members: Sequence[Item], currency: str) -> list[Decimal]:
    """Tax of each part on this document: rounded with it, less rounded without it."""
    whole = sum((item.whole for item in members), ZERO)
    tax = sum((item.tax for item in members), ZERO)
    if not whole or not taxation.rate:
        return [ZERO for _ in taxation.parts]
    before = sum((item.before for item in members), ZERO)
    after = sum((item.after for item in members), ZERO)
    amounts = []
    for _code, per_cent in taxation.parts:
        upto = [
            quantize(worth * tax * per_cent / (whole * taxation.rate), currency)
            for worth in (before, after)
        ]
        amounts.append(upto[1] - upto[0])
    return amounts


def line_parts(
    line: InvoiceLine, codes: Sequence[str], currency: str
) -> list[tuple[Decimal, Decimal]]:
    """Rate and amount of each part of an issued line's tax: CGST and SGST are halves."""
    amounts = spread(line.tax, [Decimal(1)] * len(codes), currency)
    rate = tidy(line.rate / len(codes))
    return [(rate, amount) for amount in amounts]
