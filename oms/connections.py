"""Database connections: when a kept one is asked whether it still answers, and who gave way.

Django asks it before the first statement of every request, which costs as much as a statement. Here
one that answered a moment ago is taken at its word; later it is asked again, because the server may
have been started anew meanwhile.
"""

import time
from typing import Any

from django.core.signals import request_started
from django.db import OperationalError, connection

GAVE_WAY = {
    "40001",
    "40P01",
}  # serialization failure, deadlock: SQLSTATE of the SQL standard, PostgreSQL

TRUSTED = 5.0  # seconds


def watch() -> None:
    """Look at the kept connection at the start of each request, after Django's own receiver."""
    request_started.connect(_look, dispatch_uid="oms.connections")


def gave_way(error: OperationalError) -> bool:
    """Whether the database undid this transaction in favour of another; doing it again helps."""
    return getattr(error.__cause__, "sqlstate", None) in GAVE_WAY


def _look(**_: Any) -> None:
    known: Any = connection
    if known.connection is None or not known.health_check_enabled:
        return
    now = time.monotonic()
    if now - getattr(known, "oms_asked_at", float("-inf")) >= TRUSTED:
        if not known.is_usable():
            known.close()
            return
        known.oms_asked_at = now
    known.health_check_done = True
