"""A hint to the workers that something was committed; its loss costs them a second.

NOTIFY makes commits queue behind one lock, so it is never part of the transaction itself, and one
process sends it no more than ten times a second however much it writes.
"""

import time

from django.db import connection

CHANNEL = "oms_events"
EVERY_SECONDS = 0.1
_last = 0.0


def hint() -> None:
    """Wake the workers, on PostgreSQL; elsewhere they look by themselves."""
    global _last  # noqa: PLW0603 (one moment per process)
    now = time.monotonic()
    if connection.vendor != "postgresql" or now - _last < EVERY_SECONDS:
        return
    _last = now
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
