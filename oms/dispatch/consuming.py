"""Consumers run: one transaction per delivery, in order per consumer and subject.

A delivery is claimed by its row lock, which dies with the process that holds it. The consumer's
writes and the mark that it ran are one commit, so its effect happens once. One that fails waits
and is tried again; one that is given up holds back what follows on its subject, for a person.
"""

import logging
import random
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from oms import events
from oms.dispatch import wired
from oms.errors import DomainError
from oms.models import Delivery, DeliveryState

logger = logging.getLogger(__name__)

BATCH = 200
CHAIN = 100  # deliveries of one subject run in a row when few subjects wait
LADDER = (1, 5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600)  # seconds until the next attempt

# The oldest unfinished delivery of each consumer and subject, if it is due.
HEADS = """
SELECT d.id FROM oms_delivery d
WHERE d.state = 'pending' AND d.next_attempt_at <= %s AND NOT EXISTS (
  SELECT 1 FROM oms_delivery e
  WHERE e.consumer = d.consumer AND e.subject_key = d.subject_key AND e.id < d.id
    AND NOT (e.state = 'done')
)
ORDER BY d.next_attempt_at, d.id LIMIT %s
"""


def consume() -> int:
    """Run due deliveries, at most a batch of subjects; how many were run, well or not.

    Workers that look at the same moment see the same heads; a random order keeps them apart.
    """
    heads = _heads()
    few = len(heads) < BATCH
    random.shuffle(heads)
    return sum(_run_chain(pk) if few else _run(pk) is not None for pk in heads)


def _heads() -> list[int]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(HEADS, [now, BATCH])
        return [row[0] for row in cursor.fetchall()]


def _run_chain(pk: int | None) -> int:
    """Run a delivery and those that follow it on its subject: a hot subject costs no new search."""
    done = 0
    while pk is not None and done < CHAIN:
        delivery = _run(pk)
        if delivery is None:
            break
        done += 1
        pk = _following(delivery)
    return done


def _following(done: Delivery) -> int | None:
    """The next due delivery of the same consumer and subject, when this one succeeded."""
    if done.state != DeliveryState.DONE:
        return None
    rows = Delivery.objects.filter(consumer=done.consumer, subject_key=done.subject_key)
    after = rows.filter(pk__gt=done.pk).exclude(state=DeliveryState.DONE).order_by("pk").first()
    due = after is not None and after.state == DeliveryState.PENDING
    return after.pk if after and due and after.next_attempt_at <= timezone.now() else None


def _run(pk: int) -> Delivery | None:
    """Run one delivery; none when another worker has it, or has done it."""
    delivery: Delivery | None = None
    try:
        with transaction.atomic(durable=True):
            delivery = _claim(pk)
            if delivery is not None:
                _consume(delivery)
    except Exception as error:
        if delivery is None or not connection.is_usable():
            raise
        _failed(delivery, error)
    return delivery


def _claim(pk: int) -> Delivery | None:
    rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
    return (
        rows.select_related("event")
        .filter(pk=pk, state=DeliveryState.PENDING, next_attempt_at__lte=timezone.now())
        .first()
    )


def _consume(delivery: Delivery) -> None:
    token = events.correlation.set(delivery.event.correlation_id)
    try:
        wired.consumer(delivery.consumer)(delivery.event)
    finally:
        events.correlation.reset(token)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DONE, done_at=timezone.now(), attempts=F("attempts") + 1, error=""
    )
    delivery.state = DeliveryState.DONE


def _failed(delivery: Delivery, error: Exception) -> None:
    """Note the failure without what it was about: messages of bugs may hold personal data."""
    said = f"{type(error).__name__}: {error.detail}" if isinstance(error, DomainError) else ""
    if not said:
        logger.error("%s failed on event %s", delivery.consumer, delivery.event_id, exc_info=error)
    attempts = delivery.attempts + 1
    dead = attempts > len(LADDER)
    wait = 0 if dead else LADDER[attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311 (jitter)
    delivery.state = DeliveryState.DEAD if dead else DeliveryState.PENDING
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).update(
        attempts=attempts,
        state=delivery.state,
        error=said or type(error).__name__,
        next_attempt_at=timezone.now() + timedelta(seconds=wait),
    )
