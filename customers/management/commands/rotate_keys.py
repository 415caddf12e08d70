"""Wrap every key by the newest master key."""

from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string
from rich.console import Console
from rich.progress import Progress

from customers import operations
from customers.models import DataSubject
from oms import idempotency, webhooks

BY = "command:rotate_keys"


class Command(BaseCommand):
    """Rotation in three steps; data itself is neither read nor written."""

    help = (
        "Wrap the keys of all people, and the system's own secrets, by the newest master key. "
        "1. Put a new key in front of OMS_MASTER_KEYS (newest first, separated by commas) and "
        "restart all processes. 2. Run this; it may be stopped and run again. 3. When it ends "
        "with 'current', take the old key out of OMS_MASTER_KEYS and restart."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = DataSubject.objects.count()
        with Progress(console=Console(file=self.stdout), disable=not self.stdout.isatty()) as bar:
            task = bar.add_task("People", total=total)
            changed = operations.rotate_keys(by=BY, progress=lambda seen: bar.advance(task, seen))
        secrets = webhooks.reseal(by=BY) + idempotency.reseal(by=BY)
        others = import_module("oms.wiring").RESEALERS
        secrets += sum(import_string(path)(by=BY) for path in others)
        self.stdout.write(
            f"Re-wrapped the keys of {changed} of {total} people and {secrets} secrets; "
            "all are current."
        )
