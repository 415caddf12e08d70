"""Amounts of money: decimal, one currency per document, rounded here and nowhere else."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial

import pycountry
from babel.numbers import get_currency_precision, get_territory_currencies
from django.db import models

ZERO = Decimal(0)

# Four decimals hold every ISO 4217 minor unit and unit prices below a cent.
MoneyField = partial(models.DecimalField, max_digits=18, decimal_places=4)


@cache
def exponent(currency: str) -> Decimal:
    """Smallest amount of a currency, as in CLDR: 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the minor unit, the commercial rounding that VAT and GST law expect."""
    return amount.quantize(exponent(currency), rounding=ROUND_HALF_UP)


def has_amount(currency: str, amount: Decimal) -> bool:
    """Whether coins or an account of the currency can hold exactly this amount: no parts of a cent."""
    return amount == quantize(amount, currency)


def split(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Divide an amount by weights so that the parts sum to it exactly (largest remainder).

    Equal remainders go to the earlier part. All weights zero: everything goes to the first part.
    """
    unit = exponent(currency)
    total = Decimal(sum(weights))
    if not weights:
        return []
    if total == 0:
        return [amount, *[ZERO] * (len(weights) - 1)]
    sign = -1 if amount < 0 else 1
    units = abs(amount) / unit
    exact = [units * weight / total for weight in weights]
    floors = [int(part) for part in exact]
    missing = int(units.to_integral_value()) - sum(floors)
    order = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in order[:missing]:
        floors[index] += 1
    return [sign * floor * unit for floor in floors]


def plain(amount: Decimal, currency: str) -> str:
    """An amount as text: the currency's decimals, more only where they are used."""
    unit = exponent(currency)
    if amount == amount.quantize(unit):
        return str(amount.quantize(unit))
    return format(amount.normalize(), "f")


@cache
def is_currency(code: str) -> bool:
    """Whether the code is one of ISO 4217."""
    return pycountry.currencies.get(alpha_3=code) is not None


@cache
def currency_of(country: str) -> str:
    """The legal tender of a country today, as in CLDR; EUR where none is known."""
    found = get_territory_currencies(country)
    return found[0] if found else "EUR"
