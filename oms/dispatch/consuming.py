"""Consumers run: in order per consumer and subject, each in the transaction that marks it as run.

The mark is the claim: it is made first, skips what another worker has locked, and dies with the
process that made it. The consumer's writes and the mark are one commit, so its effect happens
once. What fails waits and is tried again; what is given up holds back what follows on its subject,
until a person has looked. A consumer that takes many events gets them in one transaction.
"""

import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zlib import crc32

from django.db import connection, transaction
from django.utils import timezone

from oms.dispatch import wired
from oms.errors import DomainError
from oms.models import Delivery, DeliveryState

logger = logging.getLogger(__name__)

BATCH = 200
MANY = 500  # deliveries in one transaction of a consumer that takes many
WINDOW = 10  # times a batch: how many due deliveries are looked at first
EVERYTHING = 2**62
CHAIN = 100  # deliveries of one subject run in a row when few subjects wait
LADDER = (1, 5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600)  # seconds until the next attempt
LOCK = 7_246_002  # any number that nothing else in this database locks

# Of what is due, the oldest unfinished delivery of each consumer and subject.
HEADS = """
WITH due AS MATERIALIZED (
  SELECT id, consumer, subject_key, next_attempt_at FROM oms_delivery
  WHERE state = 'pending' AND next_attempt_at <= %s AND id %% %s = %s {apart}
  ORDER BY next_attempt_at, id LIMIT %s
)
SELECT d.id FROM due d WHERE NOT EXISTS (
  SELECT 1 FROM oms_delivery e
  WHERE e.consumer = d.consumer AND e.subject_key = d.subject_key AND e.id < d.id
    AND NOT (e.state = 'done')
)
ORDER BY d.next_attempt_at, d.id LIMIT %s
"""

# Due deliveries of one consumer, but for those that follow one that waits or was given up.
DUE = """
WITH due AS MATERIALIZED (
  SELECT id, consumer, subject_key, next_attempt_at FROM oms_delivery
  WHERE state = 'pending' AND next_attempt_at <= %s AND consumer = %s
  ORDER BY next_attempt_at, id LIMIT %s
)
SELECT d.id FROM due d WHERE NOT EXISTS (
  SELECT 1 FROM oms_delivery e
  WHERE e.consumer = d.consumer AND e.subject_key = d.subject_key AND e.id < d.id
    AND NOT (e.state = 'done') AND (e.state = 'dead' OR e.next_attempt_at > d.next_attempt_at)
)
ORDER BY d.next_attempt_at, d.id LIMIT %s
"""

CLAIM = """
UPDATE oms_delivery SET state = 'done', done_at = %s, attempts = attempts + 1, error = ''
WHERE id IN (
  SELECT id FROM oms_delivery
  WHERE id IN ({ids}) AND state = 'pending' AND next_attempt_at <= %s {lock}
)
"""


def consume(part: int = 0, parts: int = 1) -> int:
    """Run due deliveries, a batch of subjects at most; how many were run, well or not.

    Threads of one worker take a part each. Workers that look at the same moment see the same
    heads; a random order keeps them apart.
    """
    done = 0 if part else sum(_run_many(path) for path in wired.takers_of_many())
    heads = _load(_heads(part, parts))
    random.shuffle(heads)
    few = len(heads) < BATCH
    return done + sum(_run_chain(head) if few else _run(head) for head in heads)


def _heads(part: int, parts: int) -> list[int]:
    apart = wired.takers_of_many()
    skip = f"AND consumer NOT IN ({', '.join(['%s'] * len(apart))})" if apart else ""
    return _search(HEADS.format(apart=skip), [parts, part, *apart], BATCH)


def _search(sql: str, params: list[Any], most: int) -> list[int]:
    """Look at the oldest due deliveries first, and at all when each of those is held back."""
    for window in (most * WINDOW, EVERYTHING):
        if found := [row[0] for row in _rows(sql, [_now(), *params, window, most])]:
            return found
    return []


def _run_chain(delivery: Delivery | None) -> int:
    """Run a delivery and those that follow it on its subject: a hot subject costs no new search."""
    done = 0
    while delivery is not None and done < CHAIN and _run(delivery):
        done += 1
        delivery = _following(delivery)
    return done


def _following(done: Delivery) -> Delivery | None:
    """The next due delivery of the same consumer and subject, when this one succeeded."""
    if done.state != DeliveryState.DONE:
        return None
    rows = Delivery.objects.filter(consumer=done.consumer, subject_key=done.subject_key)
    after = rows.filter(pk__gt=done.pk).exclude(state=DeliveryState.DONE)
    found = after.select_related("event").order_by("pk").first()
    due = found is not None and found.state == DeliveryState.PENDING
    return found if found and due and found.next_attempt_at <= timezone.now() else None


def _run(delivery: Delivery) -> bool:
    """Run one delivery; false when another worker has it, or has done it."""
    try:
        with transaction.atomic(durable=True):
            if not _claim([delivery]):
                return False
            wired.call(delivery.consumer, [delivery.event])
        delivery.state = DeliveryState.DONE
    except Exception as error:
        if not connection.is_usable():
            raise
        _failed(delivery, error)
    return True


def _run_many(path: str) -> int:
    """Run due deliveries of a consumer that takes many; one by one when they fail together.

    One worker at a time, so that the order of each subject is kept.
    """
    due = _load(_search(DUE, [path], MANY))
    try:
        with transaction.atomic(durable=True):
            if not due or not _alone(path) or _claim(due) != len(due):
                transaction.set_rollback(True)
                return 0
            wired.call(path, [delivery.event for delivery in due])
    except Exception:
        if not connection.is_usable():
            raise
        logger.info("%s failed on %s events together", path, len(due), exc_info=True)
        return sum(_run(delivery) for delivery in _without_followers(due))
    return len(due)


def _without_followers(due: list[Delivery]) -> list[Delivery]:
    """The first delivery of each subject; the others wait to see how it ends."""
    heads: dict[str, Delivery] = {}
    for delivery in due:
        heads.setdefault(delivery.subject_key, delivery)
    return list(heads.values())


def _alone(path: str) -> bool:
    """Whether this worker alone runs the consumer; on SQLite its transaction is the only writer."""
    if connection.vendor != "postgresql":
        return True
    key = crc32(path.encode()) - 2**31
    return bool(_rows("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, key])[0][0])


def _claim(deliveries: Sequence[Delivery]) -> int:
    """Mark deliveries as done, in this transaction; how many were free to be marked."""
    lock = "ORDER BY id FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    sql = CLAIM.format(ids=", ".join(["%s"] * len(deliveries)), lock=lock)
    now = _now()
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, *(delivery.pk for delivery in deliveries), now])
        return cursor.rowcount


def _load(pks: list[int]) -> list[Delivery]:
    if not pks:
        return []
    return list(Delivery.objects.filter(pk__in=pks).select_related("event").order_by("pk"))


def _failed(delivery: Delivery, error: Exception) -> None:
    """Note the failure without what it was about: messages of bugs may hold personal data."""
    said = f"{type(error).__name__}: {error.detail}" if isinstance(error, DomainError) else ""
    if not said:
        logger.error("%s failed on event %s", delivery.consumer, delivery.event_id, exc_info=error)
    attempts = delivery.attempts + 1
    dead = attempts > len(LADDER)
    wait = 0 if dead else LADDER[attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311 (jitter)
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).update(
        attempts=attempts,
        state=DeliveryState.DEAD if dead else DeliveryState.PENDING,
        error=said or type(error).__name__,
        next_attempt_at=timezone.now() + timedelta(seconds=wait),
    )


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(timezone.now())
