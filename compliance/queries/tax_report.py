"""Tax by period, territory and rate: what finance declares, each figure leading to its documents.

Counted by the day of issue, invoices added and credit notes taken off. The figures are sums of the
lines of issued documents, so they equal the ledger by construction; a test proves it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from compliance.enums import DocumentKind, Treatment
from compliance.models import InvoiceLine
from compliance.queries.territories import state_name
from oms.money import ZERO, split

KEY = (
    "invoice__entity__code",
    "invoice__treatment",
    "invoice__territory",
    "invoice__place_of_supply",
    "category",
    "rate",
    "invoice__currency",
)
COLUMNS = (
    "seller",
    "treatment",
    "territory",
    "place_of_supply",
    "category",
    "rate",
    "currency",
    "documents",
    "net",
    "vat",
    "cgst",
    "sgst",
    "igst",
    "gross",
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days of issue, both ends included."""

    start: date
    end: date


@dataclass(slots=True)
class TaxRow:
    """One rate of one territory and treatment."""

    seller: str
    treatment: str
    territory: str
    place_of_supply: str
    category: str
    rate: Decimal
    currency: str
    documents: int = 0
    net: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return self.net + self.tax

    @property
    def words(self) -> str:
        """The treatment in words."""
        return Treatment(self.treatment).label

    @property
    def place(self) -> str:
        """Whose tax it is: a territory, in India with the state."""
        state = state_name(self.place_of_supply) or self.place_of_supply
        return f"{self.territory} {state}".strip() or "none"

    @property
    def parts(self) -> dict[str, Decimal]:
        """The tax by its code."""
        if self.treatment == Treatment.INTRA_STATE:
            half, other = split(self.tax, [1, 1], self.currency)
            return {"CGST": half, "SGST": other}
        return {"IGST" if self.territory == "IN" else "VAT": self.tax}

    def key(self) -> dict[str, str]:
        """What tells this row from others, as in an address."""
        return {
            "seller": self.seller,
            "treatment": self.treatment,
            "territory": self.territory,
            "place_of_supply": self.place_of_supply,
            "category": self.category,
            "rate": str(self.rate),
            "currency": self.currency,
        }

    def cells(self) -> list[str]:
        """As a row of a file."""
        parts = self.parts
        amounts = [
            self.net,
            *[parts.get(code, ZERO) for code in ("VAT", "CGST", "SGST", "IGST")],
            self.gross,
        ]
        return [*self.key().values(), str(self.documents), *[f"{amount:f}" for amount in amounts]]


def tax_rows(period: Period, seller: str = "") -> list[TaxRow]:
    """The report: one query however many documents."""
    lines = _lines(period, seller).order_by()
    found: dict[tuple, TaxRow] = {}
    totals = lines.values(*KEY, "invoice__kind").annotate(
        net=Sum("net"), tax=Sum("tax"), documents=Count("invoice", distinct=True)
    )
    for total in totals:
        key = tuple(total[name] for name in KEY)
        row = found.setdefault(key, TaxRow(*key))
        sign = -1 if total["invoice__kind"] == DocumentKind.CREDIT_NOTE else 1
        row.net += sign * total["net"]
        row.tax += sign * total["tax"]
        row.documents += total["documents"]
    return sorted(found.values(), key=lambda row: tuple(map(str, row.key().values())))


def totals(rows: Iterable[TaxRow]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Net, tax and gross by currency."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for row in rows:
        for at, amount in enumerate((row.net, row.tax, row.gross)):
            sums[row.currency][at] += amount
    return {currency: (net, tax, gross) for currency, (net, tax, gross) in sums.items()}


def tax_documents(period: Period, key: Mapping[str, str]) -> QuerySet[InvoiceLine, Any]:
    """The documents behind one row, newest first, each with what it adds to it."""
    names = dict(zip(("seller", *COLUMNS[1:7]), KEY, strict=True))
    wanted = {field: key[name] for name, field in names.items() if name in key}
    lines = _lines(period, "").filter(**wanted).order_by()
    return (
        lines.values("invoice", "invoice__number", "invoice__kind", "invoice__issued_on")
        .annotate(net=Sum("net"), tax=Sum("tax"))
        .order_by("-invoice")
    )


def file_rows(rows: Iterable[TaxRow]) -> Iterator[list[str]]:
    """The report as a table for a file, with its head."""
    yield list(COLUMNS)
    for row in rows:
        yield row.cells()


def distance_sales(year: int) -> list[TaxRow]:
    """Distance sales inside the EU this calendar year that are taxed where they leave.

    Above 10,000 EUR (net, all states and services together) they belong to where they arrive.
    """
    rows = tax_rows(Period(date(year, 1, 1), date(year, 12, 31)))
    return [row for row in rows if row.treatment == Treatment.DISTANCE]


def periods(today: date) -> dict[str, Period]:
    """The periods that people declare by."""
    month = today.replace(day=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    year = date(today.year, 1, 1)
    before_month, before_quarter = month - timedelta(days=1), quarter - timedelta(days=1)
    return {
        "This month": Period(month, today),
        "Last month": Period(before_month.replace(day=1), before_month),
        "This quarter": Period(quarter, today),
        "Last quarter": Period(
            date(before_quarter.year, before_quarter.month - 2, 1), before_quarter
        ),
        "This year": Period(year, today),
    }


def _lines(period: Period, seller: str) -> QuerySet[InvoiceLine]:
    rows = InvoiceLine.objects.filter(
        invoice__issued_on__gte=period.start, invoice__issued_on__lte=period.end
    )
    return rows.filter(invoice__entity__code=seller) if seller else rows
