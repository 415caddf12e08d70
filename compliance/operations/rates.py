"""Dated tax rates from a file."""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.db import transaction

from compliance.enums import TaxCategory, TaxScheme
from compliance.models import TaxRate
from compliance.queries.law import forget
from compliance.queries.territories import DATA
from oms.errors import DomainError

SHIPPED = DATA / "tax_rates.csv"
KEY = ("scheme", "territory", "tax_class", "valid_from")
REST = ("rate", "category", "valid_to", "source")


class BadRate(DomainError):
    """A row that is no dated rate."""

    code = "bad_rate"
    message = "Line {line} is no dated rate: {why}."


@transaction.atomic
def load_rates(path: Path = SHIPPED) -> int:
    """Add the rates of a CSV file, and bring those that are there already up to it.

    Repeatable; says how many rows the file has. Rates that the file does not name stay. Raises
    BadRate for the first row that cannot be read, and then nothing is loaded.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rates = list(_read(csv.DictReader(file)))

    TaxRate.objects.bulk_create(
        rates, update_conflicts=True, unique_fields=list(KEY), update_fields=list(REST)
    )
    transaction.on_commit(forget)
    return len(rates)


def _read(rows: Iterable[dict[str, str]]) -> Iterable[TaxRate]:
    for line, row in enumerate(rows, 2):
        try:
            yield _rate(row)
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise BadRate(line=line, why=str(error) or "a column is missing") from error


def _rate(row: dict[str, str]) -> TaxRate:
    rate = TaxRate(
        scheme=TaxScheme(row["scheme"]),
        territory=row["territory"].upper(),
        tax_class=row["tax_class"],
        rate=Decimal(row["rate"]),
        category=TaxCategory(row["category"] or TaxCategory.STANDARD),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        source=row["source"],
    )
    if rate.rate < 0 or (rate.valid_to and rate.valid_to <= rate.valid_from):
        raise ValueError("a rate is not negative and ends after it begins")
    return rate
