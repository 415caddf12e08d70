"""Import a carrier's cash-on-delivery remittance from a file."""

from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from orders import operations
from orders.adapters.statements.cash import read_remittance, sentence

BY = "command:import_remittance"


class Command(BaseCommand):
    """A remittance from the disk of whoever runs it; the file stays there."""

    help = (
        "Book the cash on delivery that a carrier hands over, a CSV with one row per parcel. Its "
        "columns are those that were explained for the carrier in the back office. The same file, or "
        "the same parcel in another file, books nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("carrier", help="code of the carrier")
        parser.add_argument("file", type=Path)
        parser.add_argument("--currency", required=True, help="ISO 4217, such as INR")

    def handle(self, *args: Any, **options: Any) -> None:
        ask = import_string(import_module("oms.wiring").ANSWERS["orders.carriers"])
        if options["carrier"] not in dict(ask()):
            raise CommandError(f"There is no carrier {options['carrier']}.")
        currency = options["currency"].upper()
        try:
            with options["file"].open("rb") as content:
                remittance = operations.begin_local_remittance(
                    options["carrier"], currency, content, by=BY
                )
                if remittance.finished_at is None:
                    remittance = read_remittance(remittance, content, by=BY)
        except OSError as error:
            raise CommandError(str(error)) from error
        if remittance.error:
            raise CommandError(remittance.error)
        self.stdout.write(f"{remittance}: {sentence(remittance)}")
