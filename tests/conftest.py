"""What every test may rely on, and what is left out where this machine has no means for it."""

import gc
import os

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models.signals import post_migrate

from compliance.queries import law
from oms import navigation
from tests import migrated
from tests.chromium import chromium_path
from tests.ledgers import watching

TRANSACTIONAL = {"transactional_db", "live_server", "django_db_reset_sequences"}
ASKING = {"db", "django_db_setup", *TRANSACTIONAL}  # of the fixtures, those that give a database
# No trigger speaks in the role of a replica, so that append-only tables can be emptied too.
AS_REPLICA = "SET LOCAL session_replication_role = replica"
laid_down = pytest.StashKey[list]()


def pytest_collection_modifyitems(config, items):
    """Deselect races on SQLite, which has one writer, and pages where there is no Chromium.

    Whoever asks for no database is refused any, and proves the same on each: one round will do.
    """
    for item in items:
        if not item.get_closest_marker("django_db") and ASKING.isdisjoint(item.fixturenames):
            item.add_marker("once")
    unavailable = set()
    if connection.vendor != "postgresql":
        unavailable |= {"concurrency", "postgresql"}
    if chromium_path() is None:
        unavailable.add("browser")
    dropped = [i for i in items if any(mark.name in unavailable for mark in i.iter_markers())]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]
    # What takes long begins first, or one process waits at the end for the other's last test.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish(session):
    """Let the garbage collector pass over what stays: models, tests and modules are many."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Copy a database that was migrated before, where nothing has changed since."""
    migrated.use()


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_setup, django_db_blocker):
    """Remember the rows that migrations lay down: roles, permissions, tax rules."""
    if any(commits(item) for item in request.session.items):
        forget_receivers(post_migrate)  # emptying the tables would make half of those rows anew
        if connection.vendor == "postgresql":
            # Of the class: once Playwright runs, Django has another connection for the same thread.
            type(connection.ops).sql_flush = staticmethod(empty_quickly)
        with django_db_blocker.unblock():
            request.config.stash[laid_down] = snapshot()
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            hang_up()


def hang_up():
    """End what is still connected, or the database of this run could not be dropped.

    A page that a browser has left may be under way in a thread of the live server.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Lay those rows down again after a test with real commits, which ends by emptying tables."""
    result = yield
    if nextitem and commits(item) and laid_down in item.config.stash:
        with item._request.getfixturevalue("django_db_blocker").unblock():
            restore(item.config.stash[laid_down])
            ContentType.objects.clear_cache()
    return result


def forget_receivers(signal):
    signal.receivers.clear()
    signal.sender_receivers_cache.clear()


def empty_quickly(_style, tables, **_options):
    """Empty PostgreSQL's tables by DELETE; TRUNCATE writes new files for each table and index."""
    return ["; ".join([AS_REPLICA, *(f"DELETE FROM {quoted(table)}" for table in tables)])]


def snapshot():
    """How to lay down again what every table holds: statements with their rows.

    PostgreSQL keeps these rows itself, beside its tables, and takes a twentieth of the time.
    """
    found = []
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute("DROP SCHEMA IF EXISTS laid_down CASCADE")  # of a database kept
            cursor.execute("CREATE SCHEMA laid_down")
        for name in connection.introspection.django_table_names(
            only_existing=True, include_views=False
        ):
            table = quoted(name)
            cursor.execute(f"SELECT * FROM {table}")
            marks = ", ".join(["%s"] * len(cursor.description))
            if not (rows := cursor.fetchall()):
                continue
            if postgresql:
                cursor.execute(f"CREATE TABLE laid_down.{table} AS TABLE {table}")
                found.append((f"INSERT INTO {table} TABLE laid_down.{table}", [()]))
            else:
                found.append((f"INSERT INTO {table} VALUES ({marks})", rows))
    return found


def restore(found):
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(AS_REPLICA)
        for statement, rows in found:
            cursor.executemany(statement, rows)


def quoted(name):
    return connection.ops.quote_name(name)


@pytest.fixture(autouse=True)
def fresh_law():
    """Tax law is kept in memory; what another test rolled back must not stay there."""
    law.forget()


@pytest.fixture(autouse=True)
def counts_kept(monkeypatch):
    """The sidebar's counts do not age while a slow machine is at one test: pages cost the same."""
    monkeypatch.setattr(navigation, "COUNT_SECONDS", 3_600)


@pytest.fixture(autouse=True)
def writes_noted(request):
    """What a test writes that is rolled back is noted, so that it proves what that may have broken."""
    if commits(request.node):
        yield
        return
    with watching():
        yield


def commits(item):
    """Whether the test commits for real instead of being rolled back."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or not TRANSACTIONAL.isdisjoint(
        getattr(item, "fixturenames", ())
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """In CI a skipped test is a failed run: nothing may be left out unseen."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
