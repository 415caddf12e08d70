"""Post what a warehouse system says it has."""

import csv
from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from inventory import operations, queries
from inventory.adapters import report_file
from inventory.models import Location
from oms import words
from oms.errors import DomainError

BY = "command:import_stock"
TITLES = ("row", "sku", "condition", "stated", "book", "difference", "posted", "outcome")


class Command(BaseCommand):
    """Holds a file of stock against the book and posts the differences."""

    help = (
        "Read an inventory report of one location (CSV or XLSX with the columns sku and quantity, "
        "and condition if wanted) and post its differences from the book as movements that are "
        "effective since --as-of. The same --reference twice posts nothing twice; without one, "
        "name, content and moment (or day) are the reference. Exit codes: 0 every row is in the book, "
        "1 the file as a whole was refused, 3 some rows were refused or could be posted in part."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--location", required=True, metavar="CODE")
        parser.add_argument("--as-of", metavar="TIME", help="when it was true, ISO 8601; now")
        parser.add_argument("--reference", default="", help="the sender's number of the report")
        parser.add_argument(
            "--complete", action="store_true", help="SKUs that the file does not name are not there"
        )
        parser.add_argument("--dry-run", action="store_true", help="report, but write nothing")
        parser.add_argument(
            "--report", type=Path, metavar="PATH", help="a CSV file for the results"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        location = Location.objects.filter(code=options["location"]).first()
        if location is None:
            raise CommandError(f"There is no location {options['location']}.")
        content = self._content(file)
        as_of, began = _moment(options["as_of"]), timezone.now()
        reference = options["reference"] or report_file.known_by(file.name, content, as_of)
        try:
            with transaction.atomic():
                report = operations.draft_report(
                    location,
                    report_file.read(file.name, content),
                    by=BY,
                    reference=reference,
                    as_of=as_of,
                    complete=options["complete"],
                )
                if not options["dry_run"]:
                    report = operations.post_report(report, by=BY)
                results = queries.preview_report(report)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except DomainError as error:
            raise CommandError(error.detail) from error
        if report.decided_at and report.decided_at < began:
            self.stdout.write(f"{report} was posted before by this reference; this came of it:")
        self._tell(results, options["report"], dry=options["dry_run"])
        if any(result.outcome in {"refused", "short"} for result in results):
            raise SystemExit(3)

    def _content(self, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

    def _tell(self, results: list[queries.Result], path: Path | None, *, dry: bool) -> None:
        for result in results:
            if result.message:
                self.stdout.write(f"row {result.row or '-'}: {result.sku}: {result.sentence}")
        counted = Counter(result.outcome for result in results)
        units = sum(abs(result.posted) for result in results)
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items()))
        self.stdout.write(
            f"{told}; {words.count(units, 'unit')} {'would be' if dry else ''} moved".replace(
                "  ", " "
            )
        )
        if path:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow([*TITLES, "message"])
                for row in results:
                    writer.writerow([*(getattr(row, name) for name in TITLES), row.sentence])


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:  # it looks like a time, but there is no such day or hour
        moment = None
    if moment is None:
        raise CommandError(f"{text} is no time such as 2026-11-25T22:00:00Z.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
