"""What every test may rely on, and what is left out where this machine has no means for it."""

import os

import pytest
from django.db import connection

from tests.chromium import chromium_path


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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """In CI a skipped test is a failed run: nothing may be left out unseen."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
