"""Make an API key."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from oms import keys
from oms.errors import DomainError


class Command(BaseCommand):
    """Makes a key and prints it once."""

    help = (
        "Make an API key and print it alone as the last line; only its hash is kept. "
        f"Without --scope it may do what the pipeline needs: {', '.join(keys.USUAL)}. "
        f"'--scope {keys.EVERYTHING}' is everything. Without --channel it may do so for every channel. "
        f"Scopes: {', '.join(keys.SCOPES)}, each with :read or :write (which includes reading)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will use it, such as 'Web shop'")
        parser.add_argument("--channel", default="", metavar="CODE", help="only this channel")
        parser.add_argument(
            "--scope", action="append", default=[], metavar="SCOPE", help="such as orders:write"
        )
        parser.add_argument("--days", type=int, default=None, help="days until it expires")

    def handle(self, *args: Any, **options: Any) -> None:
        channel, scopes = options["channel"], options["scope"] or list(keys.USUAL)
        if channel and not apps.get_model("orders.Channel").objects.filter(code=channel).exists():
            raise CommandError(f"There is no channel {channel}.")
        try:
            key, text = keys.create(
                options["name"], channel=channel, scopes=scopes, days=options["days"]
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        rights = "everything" if keys.EVERYTHING in key.scopes else ", ".join(key.scopes)
        where = f"in channel {channel}" if channel else "in every channel"
        self.stdout.write(f"Key {key.prefix} may, {where}: {rights}. It is shown only now:")
        self.stdout.write(text)
