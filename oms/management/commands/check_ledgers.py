"""Prove that the ledgers add up."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.markup import escape

from oms import ledgers


class Command(BaseCommand):
    """Checks every invariant."""

    help = (
        "Check every invariant of the ledgers and print it with the number of rows it speaks of; "
        "on a terminal, what is being proved stands below meanwhile. "
        "Exits with 1 when one does not hold. With --repair, figures that are only copies of a "
        "ledger are set right and each correction is explained; a ledger itself is never changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="correct copies of the ledgers, with explanation"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = Console(stderr=True, highlight=False)
        asked = list(ledgers.every_invariant())
        findings = [
            self._check(invariant, f"{number} of {len(asked)}")
            for number, invariant in enumerate(asked, start=1)
        ]
        if options["repair"]:
            findings = [self._repair(finding) for finding in findings]
        wrong = sum(not finding.holds for finding in findings)
        rows = sum(finding.rows for finding in findings)
        self.stdout.write(
            f"{len(findings)} invariants, {rows:,} rows checked, {wrong} do not hold."
        )
        if wrong:
            sys.exit(1)

    def _check(self, invariant: ledgers.Invariant, place: str = "Again") -> ledgers.Finding:
        with self.console.status(f"{place}: {invariant.name}. {escape(invariant.sentence)}"):
            finding = ledgers.check(invariant)
        mark = self.style.SUCCESS("ok   ") if finding.holds else self.style.ERROR("WRONG")
        self.stdout.write(
            f"{mark} {invariant.name:24} {finding.rows:>12,} rows  {invariant.sentence}"
        )
        for text in finding.shown:
            self.stdout.write(f"        {text}")
        if (more := finding.violations - len(finding.shown)) > 0:
            self.stdout.write(f"        and {more:,} more")
        self.stdout.flush()  # somebody may read along through a pipe
        return finding

    def _repair(self, finding: ledgers.Finding) -> ledgers.Finding:
        invariant = finding.invariant
        if finding.holds:
            return finding
        if invariant.repair is None:
            self.stdout.write(f"{invariant.name} is a ledger; it is not repaired but investigated.")
            return finding
        self.stdout.write(f"Repairing {invariant.name}:")
        for text in invariant.repair():
            self.stdout.write(f"        {text}")
        return self._check(invariant)
