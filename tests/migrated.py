"""Databases for tests that need not be migrated each time.

Running every migration takes longer than most selections of tests. The result depends on the
migrations, models and shipped data alone, so it is kept under a checksum of them: a file that
SQLite copies into memory, a template that PostgreSQL copies. Whatever is not kept yet is made by
the real migrations, once, while others wait.
"""

import fcntl
import hashlib
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
from django.core.management.commands import migrate
from django.db import connection
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
KEPT = Path(tempfile.gettempdir()) / f"oms-migrated-{os.getuid()}"
APPS = ("oms", "customers", "inventory", "orders", "fulfillment", "reporting", "compliance")
MOST = 12  # results kept; older ones are made again when somebody goes back to them


def checksum():
    """Whatever the migrated database depends on."""
    files = [ROOT / "oms" / "roles.py", ROOT / "oms" / "append_only.py", ROOT / "requirements.txt"]
    for app in APPS:
        for part in ("migrations", "models", "data"):
            files += sorted(each for each in (ROOT / app / part).rglob("*") if each.is_file())
        files += [ROOT / app / "models.py", ROOT / app / "enums.py"]
    found = hashlib.sha256(django.__version__.encode())
    for file in files:
        if file.exists() and file.suffix != ".pyc":
            found.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return found.hexdigest()[:16]


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
        file = KEPT / f"{checksum()}.sqlite3"
        with _alone():
            if not file.exists():
                run(self, *args, **options)
                _forget(sorted(KEPT.glob("*.sqlite3"), key=lambda each: each.stat().st_mtime))
                _copy(connection.connection, file)
                return
        connection.ensure_connection()
        with sqlite3.connect(file) as kept:
            kept.backup(connection.connection)

    return handle


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
    with _alone(), _server() as server:
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'oms_migrated_%' ORDER BY oid"
        )
        known = [row[0] for row in rows]
        if name not in known:
            for old in known[: -MOST + 1]:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
            _make(server, name)
    return name


def _make(server, name):
    part = sql.Identifier(f"{name}_part")
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(part))
    server.execute(sql.SQL("CREATE DATABASE {}").format(part))
    address = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}_part"))
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(part, sql.Identifier(name)))


def _server():
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
    """One process makes, the others wait and find it made."""
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
