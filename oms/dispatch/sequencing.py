"""Committed events get their positions, and a delivery for everybody who waits for them.

Ids are given out before commit, so a later id may become visible first. Positions are given out
after commit by one process at a time: a reader that has position 7 never finds a new 6.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from oms import webhooks
from oms.dispatch import wired
from oms.models import Event

BATCH = 2_000
LOCK = 7_246_001  # any number that nothing else in this database locks

ASSIGN = """
WITH batch AS MATERIALIZED (
  SELECT id, row_number() OVER (ORDER BY id) AS place
  FROM (SELECT id FROM oms_event WHERE position IS NULL ORDER BY id LIMIT %s) AS waiting
)
UPDATE oms_event SET position = %s + batch.place FROM batch WHERE oms_event.id = batch.id
RETURNING oms_event.name, oms_event.channel
"""

DELIVER = """
WITH wired(name, consumer) AS (VALUES {values})
INSERT INTO oms_delivery
  (event_id, consumer, subject_key, state, attempts, next_attempt_at, error)
SELECT e.id, wired.consumer, e.subject_type || ':' || e.subject_id, 'pending', 0, %s, ''
FROM oms_event e JOIN wired ON wired.name = e.name
WHERE e.position > %s ORDER BY e.position
"""

SEND = """
WITH wanted(endpoint, name, channel) AS (VALUES {values})
INSERT INTO oms_webhookdelivery
  (endpoint_id, event_id, subject_key, state, attempts, next_attempt_at, error)
SELECT wanted.endpoint, e.id, e.subject_type || ':' || e.subject_id, 'pending', 0, %s, ''
FROM oms_event e JOIN wanted ON wanted.name = e.name AND wanted.channel = e.channel
WHERE e.position > %s ORDER BY e.position
"""


def sequence() -> int:
    """Give the oldest waiting events their positions and deliveries; how many events."""
    if not Event.objects.filter(position=None).exists():
        return 0
    with transaction.atomic():
        if not _alone():
            return 0
        last = Event.objects.aggregate(last=Max("position"))["last"] or 0
        found = _rows(ASSIGN, [BATCH, last])
        if found:
            _deliver({name for name, _ in found}, last)
            _send(set(found), last)
    return len(found)


def _alone() -> bool:
    """Whether this process may sequence now; on SQLite its transaction is the only writer."""
    if connection.vendor != "postgresql":
        return True
    return bool(_rows("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])[0][0])


def _deliver(names: set[str], last: int) -> None:
    if pairs := wired.wanted(names):
        _insert(DELIVER, "(%s, %s)", pairs, last)


def _send(kinds: set[tuple[str, str]], last: int) -> None:
    wanted = [
        (endpoint.pk, name, channel)
        for endpoint in webhooks.keep_endpoints()
        for name, channel in sorted(kinds)
        if endpoint.channel in {"", channel} and webhooks.matches(endpoint.events, name)
    ]
    if wanted:
        _insert(SEND, "(%s, %s, %s)", wanted, last)


def _insert(sql: str, row: str, values: list[Any], last: int) -> None:
    sql = sql.format(values=", ".join([row] * len(values)))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(item for value in values for item in value), _now(), last])


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(timezone.now())
