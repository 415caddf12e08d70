"""Dated tax rates from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.operations import BadRate, load_rates
from compliance.operations.rates import SHIPPED


class Command(BaseCommand):
    """Loads rates."""

    help = (
        "Load dated tax rates from a CSV file with the columns scheme, territory, tax_class, rate, "
        "category, valid_from, valid_to, source; without a file those that the application ships. "
        "Running it again changes nothing; rates that the file does not name stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_rates(options["file"])
        except (BadRate, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} rates are as in {options['file'].name}.")
