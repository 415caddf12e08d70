"""Load the demo."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from oms.demo import seeding, world

DEMO_LOGINS = world.LOGINS


class Command(BaseCommand):
    """Makes ninety days of business out of real orders, once."""

    help = (
        "Load the demo: about 2,000 real invoices of a UK wholesaler (UCI Online Retail, CC BY 4.0) "
        "moved to the last quarter, with invented people, four locations in three countries, and "
        "the work of ninety days done on them. Takes some minutes, and nothing when the demo "
        "is there already. Makes users with known passwords, so it refuses in production."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--logins", action="store_true", help="print the demo's logins as well")

    def handle(self, *args: Any, logins: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has users with known passwords: not in production.")
        if seeding.is_loaded():
            self.stdout.write("The demo is loaded.")
        else:
            self._load()
        if logins:
            for role, name, password in DEMO_LOGINS:
                self.stdout.write(f"{role:15} {name:15} {password}")

    def _load(self) -> None:
        console = Console()
        if not (console.is_terminal and self.stdout.isatty()):
            self._load_quietly()
            return
        columns = (TextColumn("{task.description:28}"), BarColumn(), TaskProgressColumn())
        with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
            task = bar.add_task("Demo", total=None)
            seeding.load(
                lambda step, done, of: bar.update(task, description=step, completed=done, total=of)
            )

    def _load_quietly(self) -> None:
        told = ""

        def tell(step: str, done: int, of: int) -> None:
            nonlocal told
            said = f"{step}: {100 * done // of // 10 * 10} %"
            if said != told:
                told = said
                self.stdout.write(said)
                self.stdout.flush()

        seeding.load(tell)
