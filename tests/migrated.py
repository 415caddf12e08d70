"""Databases for tests that need not be migrated each time.

Making one takes longer than most tests. The result depends on the migrations, models and shipped
data alone, so it is kept under a checksum of them: a file that SQLite copies into memory, a
template that PostgreSQL copies. Whatever is not kept yet is made by `migrate`, as everybody's new
database is, once, while others wait.
"""

import fcntl
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from oms.management.commands import migrate

ROOT = Path(__file__).resolve().parent.parent
KEPT = Path(tempfile.gettempdir()) / f"oms-migrated-{os.getuid()}"
APPS = ("oms", "customers", "inventory", "orders", "fulfillment", "reporting", "compliance")
MOST = 12  # results kept; older ones are made again when somebody goes back to them


SHARED = (
    "oms/roles.py",
    "oms/append_only.py",
    "oms/migrating.py",
    "oms/new_database.py",
    "requirements.txt",
)


def checksum():
    """Whatever the new database depends on."""
    found = {name: digest(ROOT / name) for name in SHARED}
    found |= digests(("migrations", "data", "models", "models.py", "enums.py"))
    text = django.__version__ + json.dumps(found, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digests(parts):
    found = {}
    for app in APPS:
        for part in parts:
            root = ROOT / app / part
            for file in [root] if root.is_file() else sorted(root.rglob("*")):
                if file.is_file() and file.suffix != ".pyc":
                    found[str(file.relative_to(ROOT))] = digest(file)
    return found


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def use():
    """Have the database of this run copied rather than migrated."""
    KEPT.mkdir(mode=0o700, exist_ok=True)
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = _template()
    else:
        migrate.Command.handle = _copying(migrate.Command.handle)


def _copying(run):
    """The command `migrate`, which copies what an earlier run of it has left."""

    def handle(self, *args, **options):
        name = checksum()
        file = KEPT / f"{name}.sqlite3"
        with _alone():
            if not file.exists():
                known = sorted(KEPT.glob("*.sqlite3"), key=lambda each: each.stat().st_mtime)
                run(self, *args, **options)
                _forget(known)
                _copy(connection.connection, file)
                return
        _fetch(file)

    return handle


def _fetch(file):
    connection.ensure_connection()
    with sqlite3.connect(file) as kept:
        kept.backup(connection.connection)


def _copy(made, file):
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with sqlite3.connect(part) as copy:
        made.backup(copy)
    part.rename(file)


def _forget(files):
    for file in files[:-MOST]:
        file.unlink(missing_ok=True)


def _template():
    """The name of a database that every migration has run on."""
    name = f"oms_migrated_{checksum()}"
    with _alone(), server() as there:
        rows = there.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'oms_migrated_%' ORDER BY oid"
        )
        known = [row[0] for row in rows]
        if name not in known:
            for old in known[: -MOST + 1]:
                known.remove(old)
                there.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
            _make(there, name)
    return name


def _make(there, name):
    part = sql.Identifier(f"{name}_part")
    there.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(part))
    there.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(part))
    address = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}_part"))
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    there.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(part, sql.Identifier(name)))


def server():
    values = connection.settings_dict
    return psycopg.connect(
        host=values["HOST"],
        port=values["PORT"] or None,
        user=values["USER"],
        password=values["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )


@contextmanager
def _alone():
    """One process makes, the others with the same kind of database wait and find it made."""
    with (KEPT / f"{connection.vendor}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make():
    """Make what a run on this database will copy, before its processes wait for one of them."""
    django.setup()
    use()
    if connection.vendor == "sqlite":
        connection.settings_dict["NAME"] = ":memory:"
        call_command("migrate", verbosity=0)


if __name__ == "__main__":
    make()
