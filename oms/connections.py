"""Database connections: when a kept one is asked whether it still answers, and who gave way.

Django asks it at the start of every request, which costs as much as a statement. One that answered
a moment ago is taken at its word; after a pause it is asked, because the server may have been
started anew meanwhile.
"""

import time
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import OperationalError, connection

GAVE_WAY = {
    "40001",
    "40P01",
}  # serialization failure, deadlock: SQLSTATE of the SQL standard, PostgreSQL

TRUSTED = 5.0  # seconds


def watch() -> None:
    """Take note of the end of each request and look at its connection at the start of the next."""
    request_started.connect(_trust, dispatch_uid="oms.connections")
    request_finished.connect(_answered, dispatch_uid="oms.connections")


def gave_way(error: OperationalError) -> bool:
    """Whether the database undid this transaction in favour of another; doing it again helps."""
    return getattr(error.__cause__, "sqlstate", None) in GAVE_WAY


def _answered(**_: Any) -> None:
    if connection.connection is not None and not connection.errors_occurred:
        connection.oms_answered_at = time.monotonic()  # type: ignore[attr-defined]


def _trust(**_: Any) -> None:
    """Comes after Django's own receiver, which wants every connection to be asked again."""
    if time.monotonic() - getattr(connection, "oms_answered_at", float("-inf")) < TRUSTED:
        connection.health_check_done = True  # type: ignore[attr-defined]
