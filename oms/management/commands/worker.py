"""Run a worker."""

import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from oms.dispatch import drain
from oms.dispatch.worker import WorkerProcess


class Command(BaseCommand):
    """Dispatches events, runs consumers, sends webhooks, runs background tasks."""

    help = (
        "Run a worker: give committed events their positions, run their consumers, send webhooks "
        "and run background tasks. Start as many as you like on PostgreSQL, one on SQLite. "
        "SIGTERM lets it finish what it has in hand; killing it at any moment loses nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do everything that is due now, then exit"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            done = drain()
            self.stdout.write(
                f"{done.events} events, {done.deliveries} deliveries, "
                f"{done.webhooks} webhooks, {done.tasks} tasks"
            )
            return
        worker = WorkerProcess()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: worker.stop())
        worker.start()
        self.stdout.write(f"Worker {worker.name} is running.")
        self.stdout.flush()
        worker.wait()
        if any(
            not thread.daemon for thread in threading.enumerate() if thread.name != "MainThread"
        ):
            os._exit(0)  # a post that will not end must not keep the process
