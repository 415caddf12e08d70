"""How long the law wants issued documents kept, as dated data by the issuer's country."""

import calendar
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from compliance.models import Invoice
from customers.models import DataSubject

DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Rule:
    """Documents issued from a day on are kept for so many months after the end of a year.

    The year ends with `year_end_month`; the count begins `wait_months` after it, because some
    laws count from the day on which a return was due.
    """

    country: str  # ISO 3166-1; empty: everywhere else
    months: int
    source: str
    valid_from: date = date.min
    year_end_month: int = DECEMBER
    wait_months: int = 0

    def last_day(self, issued_on: date) -> date:
        """The last day on which a document must still be there."""
        years = issued_on.year + (issued_on.month > self.year_end_month)
        return _end_of_month(years, self.year_end_month + self.wait_months + self.months)


RULES = (  # the first that fits decides
    Rule("DE", 96, "AO s. 147(3), as of 1 January 2025"),
    Rule("GB", 72, "HMRC VAT Notice 700/21"),
    Rule(
        "IN",
        72,
        "CGST Act s. 36: from the due date of the annual return, 31 December",
        valid_from=date(2017, 7, 1),
        year_end_month=3,
        wait_months=9,
    ),
    Rule("", 120, "One-Stop Shop, Directive 2006/112/EC art. 369k"),
)


def keep_until(country: str, issued_on: date) -> date:
    """The last day on which a document of an issuer in this country must be kept."""
    rule = next(r for r in RULES if r.country in {country, ""} and r.valid_from <= issued_on)
    return rule.last_day(issued_on)


def expired_subjects(today: date) -> list[DataSubject]:
    """Erased people with a fiscal key none of whose documents must be kept any longer.

    Nobody whose bank lines are still looked for by what that key opens.
    """
    people: QuerySet[DataSubject] = DataSubject.objects.exclude(erased_at=None)
    people = people.filter(payer_searches=None)
    return [
        subject
        for subject in people.exclude(fiscal_key=None).order_by("pk").iterator(chunk_size=500)
        if all(last < today for last in _last_days(subject))
    ]


def _last_days(subject: DataSubject) -> list[date]:
    documents = Invoice.objects.filter(subject=subject)
    issued = documents.values_list("entity__country", "issued_on")
    return [keep_until(country, day) for country, day in issued]


def _end_of_month(year: int, month: int) -> date:
    years, month = divmod(month - 1, 12)
    return date(year + years, month + 1, calendar.monthrange(year + years, month + 1)[1])
