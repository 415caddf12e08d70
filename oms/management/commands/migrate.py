"""Django's `migrate`, without the garbage collector looking through thousands of passing models."""

import gc
from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Bring the database up to date; a new one is made in four fifths of the time."""

    def handle(self, *args: Any, **options: Any) -> None:
        gc.disable()
        try:
            super().handle(*args, **options)
        finally:
            gc.enable()
