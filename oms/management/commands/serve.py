"""Run the whole system on one machine: web server and worker, on a database brought up to date."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections
from rich.console import Console
from rich.table import Table

from oms import processes
from oms.health import is_migrated
from oms.processes import Child

START_SECONDS = 90.0
TICK_SECONDS = 0.25


class Command(BaseCommand):
    """Migrate, collect static files, start gunicorn and the worker, and watch over both."""

    help = (
        "Brings the database up to date, starts the web server (gunicorn) and one worker, waits "
        "until GET /health/ answers 200, and prints the address. Ctrl-C or SIGTERM stops both "
        "after they have finished what is in hand. A worker that dies is started again; when the "
        "web server dies, everything stops with exit code 1. "
        "Read from the environment: PORT, WEB_CONCURRENCY, OMS_DATA_DIR, DATABASE_URL."
    )
    stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo if it is not there")
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all"
        )

    def handle(self, *args: Any, host: str, demo: bool, **options: Any) -> None:
        self.console = Console(highlight=False)
        if not processes.port_is_free(host, settings.PORT):
            msg = f"Port {settings.PORT} is in use; choose another one: PORT=8001 make run"
            raise CommandError(msg)
        try:
            self._prepare(demo=demo)
        except KeyboardInterrupt:
            self._say("Stopped; the next start goes on from here.")
            return
        signal.signal(signal.SIGINT, self._ask_to_stop)
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        # The terminal was closed; who started this with nohup wants it to go on.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._ask_to_stop)
        self._run(host, demo=demo)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        # Heard again (terminals, make and process managers repeat it): the grace is bounded anyway.
        self.stopping = True

    def _prepare(self, *, demo: bool) -> None:
        self._say("Bringing the database up to date ...")
        if not is_migrated():
            self._once("migrate", "--no-input", "--verbosity", "0")
        if collect_static():
            self._say("Static files collected.")
        if demo and demo_is_missing():
            self._once("seed_demo")
        connections.close_all()

    def _once(self, *command: str) -> None:
        """Run a command to its end, beside this process, which lives on and should stay small."""
        connections.close_all()
        done = subprocess.run([sys.executable, manage_py(), *command], check=False)
        if done.returncode:
            msg = f"{command[0]} ended with exit code {done.returncode}; see above."
            raise CommandError(msg)

    def _run(self, host: str, *, demo: bool) -> None:
        web = Child("web", web_command(host))
        worker = Child("worker", [sys.executable, manage_py(), "worker"])
        try:
            web.start()
            worker.start()
            self._wait_until_ready(web)
            if not self.stopping:
                self._welcome(host, demo=demo)
            self._watch(web, worker)
        finally:
            self._say("Stopping ...")
            processes.stop([web, worker])
        self._say("Stopped.")

    def _wait_until_ready(self, web: Child) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.stopping and not processes.answers(settings.PORT, "/health/"):
            if web.exit_code is not None:
                msg = f"The web server ended at its start with exit code {web.exit_code}."
                raise CommandError(msg)
            if time.monotonic() > deadline:
                msg = f"GET /health/ did not answer 200 within {START_SECONDS:.0f} seconds."
                raise CommandError(msg)
            time.sleep(TICK_SECONDS)

    def _watch(self, web: Child, worker: Child) -> None:
        while not self.stopping:
            if web.exit_code is not None:
                msg = f"The web server ended with exit code {web.exit_code}."
                raise CommandError(msg)
            if worker.revive():
                self._say("The worker had ended and was started again.")
            time.sleep(TICK_SECONDS)

    def _welcome(self, host: str, *, demo: bool) -> None:
        shown = "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host  # noqa: S104 (compared)
        self._say(f"\nReady: http://{shown}:{settings.PORT}/    (Ctrl-C stops it)\n")
        if demo and (logins := demo_logins()):
            self.console.print(logins)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def web_command(host: str) -> list[str]:
    """Give gunicorn's command line."""
    memory = Path("/dev/shm")  # noqa: S108 (heartbeats of the web processes; on a disk they stall)
    return [
        *(sys.executable, "-m", "gunicorn", "oms.wsgi"),
        *("--chdir", str(settings.BASE_DIR)),
        *("--bind", f"{host}:{settings.PORT}"),
        *("--workers", str(settings.WEB_CONCURRENCY)),
        *("--threads", str(settings.WEB_THREADS)),
        *("--graceful-timeout", "20", "--timeout", "60", "--keep-alive", "5"),
        *("--log-level", "warning", "--no-control-socket"),
        *(("--worker-tmp-dir", str(memory)) if os.access(memory, os.W_OK) else ()),
    ]


def manage_py() -> str:
    """Where the command line lies."""
    return str(settings.BASE_DIR / "manage.py")


def collect_static() -> bool:
    """Collect and compress static files if any of them changed since the last time."""
    stamp, wanted = settings.STATIC_ROOT / ".collected", static_fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    call_command(
        "collectstatic", interactive=False, verbosity=0, clear=settings.STATIC_ROOT.exists()
    )
    stamp.write_text(wanted)
    return True


def static_fingerprint() -> str:
    """Give one short text that changes when any static file does."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def demo_is_missing() -> bool:
    """Whether this installation has a demo that was not loaded, or not to its end."""
    try:
        from oms.demo import seeding
    except ImportError:
        return False
    return not seeding.is_loaded()


def demo_logins() -> Table | None:
    """Lay out the demo's logins as a table, if this installation has a demo."""
    try:
        from oms.management.commands.seed_demo import DEMO_LOGINS
    except ImportError:
        return None
    table = Table("Role", "User", "Password", title="Demo logins", title_justify="left")
    for login in DEMO_LOGINS:
        table.add_row(*(str(cell) for cell in login))
    return table
