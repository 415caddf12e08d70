"""Django's `migrate`, which makes a new database in one go: see `oms.new_database`."""

import gc
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from oms import new_database

OTHERWISE = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "prune")


class Command(migrate.Command):
    """Bring the database up to date, a new one without going through its past."""

    def handle(self, *args: Any, **options: Any) -> None:
        gc.disable()  # it would look through thousands of passing models
        try:
            connection = connections[options["database"]]
            if new_database.is_new(connection) and not any(map(options.get, OTHERWISE)):
                new_database.make(connection, self._say if options["verbosity"] else _silently)
            super().handle(*args, **options)
        finally:
            gc.enable()

    def _say(self, line: str) -> None:
        self.stdout.write(line)


def _silently(_line: str) -> None:
    pass
