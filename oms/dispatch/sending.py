"""Webhook deliveries are claimed by a lease, posted by a pool of threads, and their answers noted.

In order per endpoint and subject. An endpoint has few messages in the air at once, so that a slow
one cannot take all threads; one that keeps failing is broken for a while and then probed with a
single message, while the others are sent to as ever.
"""

import random
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from oms.dispatch.posting import Answer, client, post
from oms.models import DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookState
from oms.webhooks import messages

THREADS = 16
AT_ONCE = 4  # messages in the air per endpoint and worker
LEASE = timedelta(seconds=60)  # longer than any post lasts
LADDER = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800)  # about 22 hours in all
BREAKS_AT = 5  # failures in a row
PROBES = (30, 60, 300, 900, 3_600)  # seconds between probes of a broken endpoint

CLAIM = """
WITH heads AS MATERIALIZED (
  SELECT d.id FROM oms_webhookdelivery d
  WHERE d.endpoint_id = %s AND d.state = 'pending' AND d.next_attempt_at <= %s
    AND (d.locked_until IS NULL OR d.locked_until < %s)
    AND NOT EXISTS (
      SELECT 1 FROM oms_webhookdelivery e
      WHERE e.endpoint_id = d.endpoint_id AND e.subject_key = d.subject_key AND e.id < d.id
        AND e.state = 'pending' AND NOT (e.state = 'done')
    )
  ORDER BY d.next_attempt_at, d.id LIMIT %s {lock}
)
UPDATE oms_webhookdelivery SET locked_until = %s FROM heads WHERE oms_webhookdelivery.id = heads.id
RETURNING oms_webhookdelivery.id
"""


class Sender:
    """What one worker has in the air."""

    def __init__(self) -> None:
        self._http = client()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        self._air: dict[Future[Answer], WebhookDelivery] = {}

    @property
    def flying(self) -> int:
        """How many messages are in the air."""
        return len(self._air)

    def step(self, *, patience: float = 0.05) -> int:
        """Note what came back, send what is due; how many were sent or are in the air."""
        self._land(patience)
        sent = self._launch()
        return sent + len(self._air)

    def close(self) -> None:
        """Wait for what is in the air and note it; no post lasts longer than its deadline."""
        while self._air:
            self._land(1.0)
        self._pool.shutdown()
        self._http.close()

    def _land(self, patience: float) -> None:
        if not self._air:
            return
        done, _ = wait(self._air, timeout=patience, return_when=FIRST_COMPLETED)
        if done:
            note([(self._air.pop(future), future.result()) for future in done])

    def _launch(self) -> int:
        busy = Counter(delivery.endpoint_id for delivery in self._air.values())
        room = THREADS - len(self._air)
        sent = 0
        for endpoint in _due_endpoints():
            free = min(room - sent, _width(endpoint) - busy[endpoint.pk])
            claimed = claim(endpoint, free)
            bodies = messages([delivery.event for delivery in claimed])
            for delivery, body in zip(claimed, bodies, strict=True):
                self._air[self._pool.submit(post, self._http, delivery, body)] = delivery
                sent += 1
        return sent


def claim(endpoint: WebhookEndpoint, most: int) -> list[WebhookDelivery]:
    """Take due deliveries of an endpoint, the oldest of each subject, under a lease."""
    if most <= 0:
        return []
    now, adapt = timezone.now(), connection.ops.adapt_datetimefield_value
    lock = "FOR UPDATE OF d SKIP LOCKED" if connection.vendor == "postgresql" else ""
    # A probe does not wait for the delivery's own ladder: the breaker's is what counts.
    until = now if endpoint.state == WebhookState.ACTIVE else datetime.max.replace(tzinfo=UTC)
    params = [endpoint.pk, adapt(until), adapt(now), most, adapt(now + LEASE)]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(lock=lock), params)
        taken = [row[0] for row in cursor.fetchall()]
    rows = WebhookDelivery.objects.filter(pk__in=taken).order_by("pk")
    return list(rows.select_related("event", "endpoint"))


def note(landed: Iterable[tuple[WebhookDelivery, Answer]]) -> None:
    """Write down how endpoints answered, in the order of endpoints, which is the order of locks."""
    landed = sorted(landed, key=lambda pair: (pair[0].endpoint_id, pair[0].pk))
    with transaction.atomic():
        _taken([(delivery, answer) for delivery, answer in landed if answer.ok])
        for delivery, answer in landed:
            if not answer.ok:
                _refused(delivery, answer)


def _due_endpoints() -> list[WebhookEndpoint]:
    """Active endpoints with something to send, and broken ones whose time to be probed has come."""
    now = timezone.now()
    waiting = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=DeliveryState.PENDING)
    due = waiting.filter(Q(locked_until=None) | Q(locked_until__lt=now), next_attempt_at__lte=now)
    active = WebhookEndpoint.objects.filter(Exists(due), state=WebhookState.ACTIVE)
    broken = WebhookEndpoint.objects.filter(
        Exists(waiting), state=WebhookState.BROKEN, retry_at__lte=now
    )
    found = [*active, *(endpoint for endpoint in broken if _begin_probe(endpoint, now))]
    random.shuffle(found)
    return found


def _width(endpoint: WebhookEndpoint) -> int:
    return AT_ONCE if endpoint.state == WebhookState.ACTIVE else 1


def _begin_probe(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Whether this worker may probe; the time of the next probe moves on for the others."""
    rows = WebhookEndpoint.objects.filter(
        pk=endpoint.pk, state=WebhookState.BROKEN, retry_at=endpoint.retry_at
    )
    return bool(rows.update(retry_at=now + LEASE))


def _taken(landed: list[tuple[WebhookDelivery, Answer]]) -> None:
    now = timezone.now()
    for status in {answer.status for _, answer in landed}:
        pks = [delivery.pk for delivery, answer in landed if answer.status == status]
        _note(pks, Answer(status), state=DeliveryState.DONE, done_at=now)
    failing = WebhookEndpoint.objects.filter(pk__in={each.endpoint_id for each, _ in landed})
    if landed:
        failing.exclude(failures=0).exclude(state=WebhookState.PAUSED).update(
            state=WebhookState.ACTIVE, failures=0, retry_at=None
        )


def _refused(delivery: WebhookDelivery, answer: Answer) -> None:
    attempts = delivery.attempts + 1
    if attempts > len(LADDER):
        _note([delivery.pk], answer, state=DeliveryState.DEAD)
    else:
        pause = LADDER[attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311 (jitter)
        seconds = max(pause, answer.retry_after or 0)
        _note([delivery.pk], answer, next_attempt_at=timezone.now() + timedelta(seconds=seconds))
    _count_failure(delivery, answer)


def _note(pks: list[int], answer: Answer, **changes: Any) -> None:
    WebhookDelivery.objects.filter(pk__in=pks, state=DeliveryState.PENDING).update(
        attempts=F("attempts") + 1,
        response_status=answer.status,
        error=answer.error,
        locked_until=None,
        **changes,
    )


def _count_failure(delivery: WebhookDelivery, answer: Answer) -> None:
    """Open the circuit breaker after too many failures in a row; a failed probe waits longer."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    probed = delivery.endpoint.state == WebhookState.BROKEN
    late = endpoint is not None and endpoint.state == WebhookState.BROKEN and not probed
    if endpoint is None or endpoint.state == WebhookState.PAUSED or late:
        return
    endpoint.failures += 1
    if answer.gone:
        endpoint.state = WebhookState.PAUSED
    elif endpoint.failures >= BREAKS_AT:
        step = min(endpoint.failures - BREAKS_AT, len(PROBES) - 1)
        endpoint.state = WebhookState.BROKEN
        endpoint.retry_at = timezone.now() + timedelta(seconds=PROBES[step])
    endpoint.save(update_fields=["failures", "state", "retry_at"])
