"""Database connections: when a kept one is asked whether it still answers, and who gave way.

Django asks it before the first statement of every request, which costs as much as a statement. One
that was asked a moment ago is taken at its word; later it is asked again, because the server may
have been started anew meanwhile. Only the answer counts: a request without a statement proves nothing.
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
    """Take note of connections that were asked, and trust them at the start of the next requests."""
    request_started.connect(_trust, dispatch_uid="oms.connections")
    request_finished.connect(_answered, dispatch_uid="oms.connections")


def gave_way(error: OperationalError) -> bool:
    """Whether the database undid this transaction in favour of another; doing it again helps."""
    return getattr(error.__cause__, "sqlstate", None) in GAVE_WAY


def _trust(**_: Any) -> None:
    """Comes after Django's own receiver, which wants every connection to be asked again."""
    known: Any = connection
    known.oms_trusted = time.monotonic() - getattr(known, "oms_asked_at", float("-inf")) < TRUSTED
    known.health_check_done = known.health_check_done or known.oms_trusted


def _answered(**_: Any) -> None:
    known: Any = connection
    asked = known.health_check_done and not getattr(known, "oms_trusted", False)
    if known.connection is not None and asked and not known.errors_occurred:
        known.oms_asked_at = time.monotonic()
