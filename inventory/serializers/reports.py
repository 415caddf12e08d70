"""Messages about inventory reports."""

from collections import Counter
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from inventory.enums import ReportStatus, StockCondition
from inventory.models import InventoryReport
from inventory.queries import Result, Stated
from oms.wire import Moment, Sent, Sku, message, utc

Condition = Literal[tuple(StockCondition.values)]  # type: ignore[valid-type]


@message
class ReportRowIn(Sent):
    """Units of a SKU that are there, in a condition."""

    sku: Sku
    quantity: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
    condition: Condition = "available"


@message
class ReportIn(Sent):
    """What a location has, by the system that runs it.

    `reference` is your own number: sent again, the report changes nothing. `as_of` is the moment
    at which it was true; what moved since stays moved. With `complete`, SKUs that are not named
    are not there. `dry_run` answers what would happen and keeps nothing.
    """

    location: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    rows: Annotated[list[ReportRowIn], msgspec.Meta(min_length=1, max_length=20_000)]
    as_of: Moment | None = None
    complete: bool = False
    dry_run: bool = False

    def stated(self) -> list[Stated]:
        """The rows, numbered from 1."""
        return [
            Stated(number, row.sku, row.quantity, row.condition)
            for number, row in enumerate(self.rows, start=1)
        ]


@message
class ReportResultOut(msgspec.Struct):
    """What became of a row: same, posted, short (posted in part) or refused; 0 is no row of yours.

    Of a dry run or a draft nothing is posted: `would_post` and `short` say what would be, and
    `posted` how many units.
    `orders` are those of your channel that have reserved what is missing.
    """

    row: int
    sku: str
    condition: str
    stated: int
    book: int
    posted: int
    outcome: str
    message: str
    orders: list[str]


@message
class ReportOut(msgspec.Struct):
    """An inventory report with what became of its rows; rows that are as the book says are counted."""

    number: str
    location: str
    reference: str
    as_of: datetime
    status: str
    counted: dict[str, int]
    results: list[ReportResultOut]

    @classmethod
    def of(
        cls, report: InventoryReport, results: Sequence[Result], own: Container[str]
    ) -> "ReportOut":
        """As the API shows it; order numbers that are not among `own` are left out."""
        return cls(
            report.number,
            report.location.code,
            report.reference,
            utc(report.as_of),
            report.status,
            dict(Counter(outcome(report, result) for result in results)),
            [
                ReportResultOut(
                    result.row,
                    result.sku,
                    result.condition,
                    result.stated,
                    result.book,
                    result.posted,
                    outcome(report, result),
                    result.message,
                    [number for number in result.orders if number in own],
                )
                for result in results
                if result.outcome != "same"
            ],
        )


def outcome(report: InventoryReport, result: Result) -> str:
    """The outcome of a row; of a draft, that it would be posted."""
    would = result.outcome == "posted" and report.status == ReportStatus.DRAFT
    return "would_post" if would else result.outcome
