"""Run a worker."""

import logging
import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from oms.dispatch import drain
from oms.dispatch.worker import BACKGROUND, EVENTS, WorkerProcess
from oms.processes import Child, stop

logger = logging.getLogger(__name__)

POLITENESS = 5  # by how much the background gives way (see nice(1))
LOOK_SECONDS = 1.0


class Command(BaseCommand):
    """Dispatches events, runs consumers, sends webhooks, runs background tasks."""

    help = (
        "Run a worker: give committed events their positions, run their consumers, send webhooks, "
        "and in a child process of lower priority run background tasks and chores. Start as many "
        "as you like on PostgreSQL, one on SQLite. SIGTERM lets it finish what it has in hand; "
        "killing it at any moment loses nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do everything that is due now, then exit"
        )
        parser.add_argument(
            "--only",
            choices=(EVENTS, BACKGROUND),
            help="do one kind of work, without a child: for machines that run them apart",
        )
        parser.add_argument("--parent", type=int, default=-1, help="(used by the worker itself)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            done = drain()
            self.stdout.write(
                f"{done.events} events, {done.deliveries} deliveries, "
                f"{done.webhooks} webhooks, {done.tasks} tasks"
            )
            return
        worker = WorkerProcess(options["only"] or EVENTS)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: worker.stop())
        if options["parent"] >= 0:
            os.nice(POLITENESS)
            threading.Thread(target=end_with, args=[options["parent"]], daemon=True).start()
        worker.start()
        if options["parent"] < 0:
            self.stdout.write(f"Worker {worker.name} is running.")
            self.stdout.flush()
        if options["only"]:
            worker.wait()
        else:
            with_background(worker)
        if any(
            not thread.daemon for thread in threading.enumerate() if thread.name != "MainThread"
        ):
            os._exit(0)  # a post that will not end must not keep the process


def with_background(worker: WorkerProcess) -> None:
    """Wait for the worker's end beside a child that does the background and is kept alive."""
    lifeline, _ours = os.pipe()  # the child reads its end when this process is gone, however
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--skip-checks"]
    child = Child(
        "background",
        [*command, "--only", BACKGROUND, "--parent", str(lifeline)],
        pass_fds=(lifeline,),
    )
    child.start()
    while not worker.stops_within(LOOK_SECONDS):
        if child.revive():
            logger.error("the background of worker %s had ended and was started again", worker.name)
            _mourn(worker)
    child.ask_to_stop()
    worker.wait()
    stop([child])


def _mourn(worker: WorkerProcess) -> None:
    """Tell whoever watches; a database that is away must not keep the background from living."""
    try:
        worker.mourn()
    except DatabaseError:
        logger.exception("the death could not be written down")
        connection.close()


def end_with(lifeline: int) -> None:
    """End at once when the parent has ended; what was in hand is taken up by another worker."""
    os.read(lifeline, 1)
    os._exit(1)
