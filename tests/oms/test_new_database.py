"""A new database is made from the last state of the models, and equals what its past would make."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from oms import new_database
from tests import history, migrated


@pytest.fixture
def other_database(tmp_path):
    """The address of an empty database beside that of this run."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.sqlite3'}"
        return
    name = f"oms_history_{os.getpid()}"
    with migrated.server() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(django_db_blocker):
    """A connection to an empty SQLite database, known to Django as `empty`."""
    values = {**connections.databases["default"], "ENGINE": "django.db.backends.sqlite3"}
    connections.databases["empty"] = {**values, "NAME": ":memory:", "OPTIONS": {}}
    with django_db_blocker.unblock():
        yield connections["empty"]
        connections["empty"].close()
    del connections["empty"], connections.databases["empty"]


@pytest.mark.slow
@pytest.mark.django_db
def test_it_equals_what_all_migrations_make_one_by_one(other_database):
    environment = {**os.environ, "DATABASE_URL": other_database}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    command = [sys.executable, "-m", "tests.history"]
    made = subprocess.run(
        command, cwd=migrated.ROOT, env=environment, check=True, stdout=subprocess.PIPE
    )

    then, now = json.loads(made.stdout), history.described()

    for part in ("schema", "rows"):
        assert then[part].keys() == now[part].keys()
        assert {name: found for name, found in then[part].items() if found != now[part][name]} == {
            name: now[part][name] for name, found in then[part].items() if found != now[part][name]
        }


@pytest.mark.django_db
def test_nothing_is_left_to_migrate():
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert not new_database.is_new(connection)


@pytest.mark.once
def test_what_no_new_database_can_know_of_leaves_it_to_the_migrations(empty, monkeypatch):
    monkeypatch.setattr(new_database, "SCHEMA", ())
    said = []

    new_database.make(empty, said.append)

    assert said == []
    assert new_database.is_new(empty)


@pytest.mark.once
def test_a_server_without_room_for_the_locks_leaves_it_to_the_migrations(empty, monkeypatch):
    class Full(psycopg.OperationalError):
        sqlstate = new_database.OUT_OF_MEMORY

    def refuse(_loader):
        raise OperationalError from Full()

    monkeypatch.setattr(MigrationLoader, "project_state", refuse)
    said = []

    new_database.make(empty, said.append)

    assert "max_locks_per_transaction" in said[-1]
    assert new_database.is_new(empty)


@pytest.mark.once
def test_what_fails_at_the_end_leaves_nothing_behind(empty, monkeypatch):
    def fail(_executor):
        assert len(empty.introspection.table_names()) > 100
        raise OperationalError

    monkeypatch.setattr(MigrationExecutor, "check_replacements", fail)

    with pytest.raises(OperationalError):
        new_database.make(empty, print)

    assert new_database.is_new(empty)
