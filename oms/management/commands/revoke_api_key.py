"""Close an API key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oms import keys
from oms.errors import DomainError


class Command(BaseCommand):
    """Closes a key at once."""

    help = "Close an API key. Every web process refuses it within five seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the eight signs after oms_")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = keys.revoke(options["prefix"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"Key {key.prefix} ({key.name}) is closed.")
