"""Inventory reports of warehouse systems: differences from the book become movements, dated back.

A report says what was there at its moment. It is held against what the book says today about that
moment (`queries.reports`), so that goods which came and went since stay moved, and a correction that
was written meanwhile is not made twice. The differences are counted movements, written now and
effective since then. Units that orders have reserved are not taken away: such a row is posted as
far as stock is free and names the orders, for a person to re-route them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory.enums import MovementKind, ReportStatus, Tracking
from inventory.models import InventoryReport, Location, StockLevel
from inventory.operations import fences
from inventory.operations.stock import Change, levels_of, move
from inventory.queries import reports as questions
from inventory.queries.reports import Result, Stated
from oms import events, numbers
from oms.errors import DomainError

MOST_ROWS = 20_000


class ReportNotPossible(DomainError):
    """The report as a whole cannot be true, or has no rows, or too many."""

    code = "report_not_possible"
    message = "{reason}"


class ReportReused(DomainError):
    """Another report of this location has that reference."""

    code = "report_reference_reused"
    message = "{location} has already sent {reference}, with other content, as {number}."


class ReportDecided(DomainError):
    """A posted or discarded report is what it is."""

    code = "report_decided"
    message = "Report {number} is {status}."


@transaction.atomic
def draft_report(
    location: Location,
    rows: Sequence[Stated],
    *,
    by: str,
    reference: str,
    as_of: datetime | None = None,
    complete: bool = False,
) -> InventoryReport:
    """Keep what a warehouse states; nothing is moved yet.

    With `complete`, products of the location that no row names are stated as none, in every
    condition. A repeat of the reference gives the report there is. Raises ReportNotPossible, and
    ReportReused when rows, moment or completeness differ from what the reference stands for.
    """
    if as_of and as_of > timezone.now():
        raise ReportNotPossible(reason="A report cannot say what will be.")
    if not 0 < len(rows) <= MOST_ROWS:
        raise ReportNotPossible(reason=f"A report has 1 to {MOST_ROWS:,} rows.")
    if complete and as_of is None:
        raise ReportNotPossible(reason="A complete report says of which moment it is.")
    if not reference.strip():
        raise ReportNotPossible(reason="A report needs a reference by which a repeat is known.")
    stated = [[row.row, row.sku, row.condition, row.quantity] for row in rows]
    if known := InventoryReport.objects.filter(location=location, reference=reference).first():
        return _repeat(known, stated, as_of, complete=complete)
    try:
        with transaction.atomic():
            return InventoryReport.objects.create(
                number=numbers.take("inventory_report")[0],
                location=location,
                reference=reference,
                as_of=as_of or timezone.now(),
                complete=complete,
                rows=stated,
                num_rows=len(stated),
                by=by,
            )
    except IntegrityError:  # the same report, sent twice at once
        known = InventoryReport.objects.get(location=location, reference=reference)
        return _repeat(known, stated, as_of, complete=complete)


@transaction.atomic
def post_report(report: InventoryReport, *, by: str) -> InventoryReport:
    """Write the differences as movements; rows that cannot be are kept with their reason.

    A posted report is given back as it is. Raises ReportDecided when it was discarded,
    and ReportNotPossible for a complete report of which a row is refused.
    """
    report = _lock(report)
    if report.status == ReportStatus.POSTED:
        return report
    _refuse_decided(report)
    _lock_levels(report)

    found = questions.compare(report)
    results = found.results
    if report.complete and any(result.outcome == "refused" for result in results):
        raise ReportNotPossible(
            reason="A complete report with rows that are refused is not posted: what such a row means "
            "would count as not there. Mend the rows, or report without complete."
        )
    move([_change(report, found, result) for result in results if result.posted], by=by)
    report.results = [asdict(result) for result in results]
    report.status, report.decided_by, report.decided_at = ReportStatus.POSTED, by, timezone.now()
    report.save(update_fields=["results", "status", "decided_by", "decided_at"])
    counted = Counter(result.outcome for result in results)
    events.record(
        "inventory_report.posted",
        report,
        by=by,
        location=report.location.code,
        reference=report.reference,
        as_of=report.as_of.isoformat(),
        **counted,
    )
    return report


@transaction.atomic
def discard_report(report: InventoryReport, *, by: str) -> InventoryReport:
    """Give a draft up; its reference stays taken. Raises ReportDecided."""
    report = _lock(report)
    _refuse_decided(report)
    report.status, report.decided_by = ReportStatus.DISCARDED, by
    report.decided_at = timezone.now()
    report.save(update_fields=["status", "decided_by", "decided_at"])
    return report


def _lock_levels(report: InventoryReport) -> None:
    """Lock what the report speaks of, whole products first where fences keep them everywhere."""
    products = questions.products_of(questions.rows_of(report)).values()
    levels = levels_of(
        (product.pk, report.location_id)
        for product in products
        if product.tracking == Tracking.NONE
    ).values()
    places = {level.pk: level.product_id for level in levels}
    if report.complete:
        places |= dict(questions.countable_levels(report).values_list("pk", "product_id"))
    fences.hold_wide(places.values(), places)
    StockLevel.objects.lock(*places)


def _change(report: InventoryReport, found: questions.Comparison, result: Result) -> Change:
    return Change(
        found.products[result.sku].pk,
        report.location_id,
        result.posted,
        MovementKind.COUNTED,
        report.number,
        f"Reported {result.stated}, book {result.book}; {report.reference}"[:200],
        condition=result.condition,
        effective_at=report.as_of,
    )


def _repeat(
    known: InventoryReport, stated: list[list[Any]], as_of: datetime | None, *, complete: bool
) -> InventoryReport:
    other_moment = as_of is not None and as_of != known.as_of
    if known.rows != stated or known.complete != complete or other_moment:
        raise ReportReused(
            location=known.location.code, reference=known.reference, number=known.number
        )
    return known


def _lock(report: InventoryReport) -> InventoryReport:
    return InventoryReport.objects.select_related("location").lock_one(report.pk)


def _refuse_decided(report: InventoryReport) -> None:
    if report.status != ReportStatus.DRAFT:
        raise ReportDecided(number=report.number, status=report.status)
