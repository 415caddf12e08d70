"""What every test may rely on, and what is left out where this machine has no means for it."""

import os

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from compliance.queries import law
from tests.chromium import chromium_path

TRANSACTIONAL = {"transactional_db", "live_server", "django_db_reset_sequences"}
laid_down = pytest.StashKey[str]()


def pytest_collection_modifyitems(config, items):
    """Deselect races on SQLite, which has one writer, and pages where there is no Chromium."""
    unavailable = set()
    if connection.vendor != "postgresql":
        unavailable.add("concurrency")
    if chromium_path() is None:
        unavailable.add("browser")
    dropped = [i for i in items if any(mark.name in unavailable for mark in i.iter_markers())]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_setup, django_db_blocker):
    """Remember the rows that migrations lay down: roles, tax rules, reasons."""
    if not any(commits(item) for item in request.session.items):
        return
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            empty_quickly()
        request.config.stash[laid_down] = connection.creation.serialize_db_to_string()


def empty_quickly():
    """Empty PostgreSQL's tables by DELETE; TRUNCATE writes new files for each table and index.

    In the role of a replica no trigger speaks, so that append-only tables can be emptied too.
    """
    connection.ops.sql_flush = lambda _style, tables, **_options: [
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables),
    ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Lay those rows down again after a test with real commits, which ends by emptying tables."""
    result = yield
    if nextitem and commits(item) and laid_down in item.config.stash:
        with item._request.getfixturevalue("django_db_blocker").unblock():
            call_command(
                "flush",
                interactive=False,
                verbosity=0,
                reset_sequences=False,
                allow_cascade=False,
                inhibit_post_migrate=True,
            )
            connection.creation.deserialize_db_from_string(item.config.stash[laid_down])
            ContentType.objects.clear_cache()
    return result


@pytest.fixture(autouse=True)
def fresh_law():
    """Tax law is kept in memory; what another test rolled back must not stay there."""
    law.forget()


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
