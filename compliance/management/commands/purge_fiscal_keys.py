"""The end of legal retention."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from compliance.operations.privacy import purge_fiscal_keys
from compliance.queries.retention import expired_subjects

BY = "command:purge_fiscal_keys"


class Command(BaseCommand):
    """Run it daily or monthly."""

    help = (
        "Destroy the fiscal keys of erased people whose documents no law wants kept any longer; "
        "who bought can then no longer be read on those documents. Amounts and numbers stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say whose it would be.")
        parser.add_argument("--today", type=date.fromisoformat, help="Judge by this day.")

    def handle(self, *args: Any, **options: Any) -> None:
        today = options["today"] or timezone.now().date()
        people = (
            expired_subjects(today) if options["dry_run"] else purge_fiscal_keys(by=BY, today=today)
        )
        for subject in people:
            self.stdout.write(str(getattr(subject, "customer", subject)))
        verb = "would be" if options["dry_run"] else "were"
        self.stdout.write(f"{len(people)} fiscal keys {verb} destroyed.")
