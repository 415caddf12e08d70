"""Replace an API key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oms import keys
from oms.errors import DomainError


class Command(BaseCommand):
    """Makes a successor; both keys work for a while."""

    help = (
        "Make a successor of an API key, with the same rights, and print it alone as the last "
        "line. The old key goes on working until the overlap ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the eight signs after oms_")
        parser.add_argument("--overlap-hours", type=int, default=24, help="24 if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key, text = keys.rotate(options["prefix"], overlap_hours=options["overlap_hours"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(
            f"Key {key.prefix} follows {options['prefix']}, which works for "
            f"{options['overlap_hours']} more hours. It is shown only now:"
        )
        self.stdout.write(text)
