"""Run the whole suite: on SQLite, on PostgreSQL where one is reachable, and in a browser.

What is left out on this machine is said in one line at the end. With CI=true nothing may be.
Further arguments go to pytest: `make test ARGS="-k placing"`.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.chromium import chromium_path  # noqa: E402

NO_TESTS = 5  # pytest's exit code when the marks leave nothing to run
POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Round:
    """One run of the suite."""

    title: str
    database: str  # empty: SQLite
    marks: str


def main() -> int:
    """Run every round that can run here; 0 when all of them passed and nothing had to be there."""
    postgresql, browser = postgresql_answers(), chromium_path() is not None
    started = time.monotonic()
    planned = rounds(postgresql=postgresql, browser=browser)
    migrate(planned)
    results = [run(each, sys.argv[1:]) for each in planned]
    missing = left_out(postgresql=postgresql, browser=browser)
    print(f"\nWhole suite: {time.monotonic() - started:.0f} s.")
    print(f"Left out: {'; '.join(missing) or 'nothing'}.")
    if missing and os.environ.get("CI") == "true":
        print("In CI nothing may be left out.", file=sys.stderr)
        return 1
    return max(results)


def rounds(*, postgresql: bool, browser: bool) -> list[Round]:
    """Say what to run. Pages are driven once, on the database that stands for production."""
    without_browser = "not browser"
    if not postgresql:
        return [Round("SQLite", "", "" if browser else without_browser)]
    return [
        Round("SQLite", "", without_browser),
        Round(
            "PostgreSQL", POSTGRESQL, "not once" if browser else f"not once and {without_browser}"
        ),
    ]


def migrate(planned: list[Round]) -> None:
    """Have the databases of all rounds made at once: each keeps a core busy, and one only."""
    made = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.migrated"],
            cwd=ROOT,
            env=environment_of(each) | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        )
        for each in planned
    ]
    for each in made:
        each.wait()  # one that failed is made by its round, which says why


def environment_of(this: Round) -> dict[str, str]:
    """What a process of that round finds set.

    Modules are compiled once and not by every process, as images for containers would have it.
    """
    other = {"DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
    environment = {key: value for key, value in os.environ.items() if key not in other}
    return environment | ({"DATABASE_URL": this.database} if this.database else {})


def run(this: Round, arguments: list[str]) -> int:
    """Run pytest on one database and give its exit code."""
    print(f"\n=== {this.title} ===", flush=True)
    # A server and a browser are waited for: one process more than cores keeps these busy.
    processes = str(min(os.cpu_count() or 2, 8) + bool(this.database))
    command = [sys.executable, "-m", "pytest", "-q", "-n", processes, "--dist", "worksteal"]
    command += ["--durations=20", "--durations-min=3", "-m", this.marks, *arguments]
    code = subprocess.run(command, cwd=ROOT, env=environment_of(this), check=False).returncode
    return 0 if code == NO_TESTS and arguments else code


def postgresql_answers() -> bool:
    """Whether the server for tests lets us in."""
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def left_out(*, postgresql: bool, browser: bool) -> list[str]:
    """Say what this machine has no means for."""
    missing = []
    if not postgresql:
        missing.append("the run on PostgreSQL and with it the races (TEST_DATABASE_URL)")
    if not browser:
        missing.append("browser tests (no Chromium; set CHROMIUM to its path)")
    return missing


if __name__ == "__main__":
    sys.exit(main())
