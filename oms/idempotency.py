"""Answers remembered by Idempotency-Key, so that repeating a call has one effect.

The first call claims the key in a statement of its own, before it does anything; a repeat finds
the claim. An answer is kept sealed for a day, because answers may name people.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from oms import events, prepared, sealed
from oms.errors import DomainError
from oms.models import ApiKey, Event, IdempotencyKey

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=2)  # a call that runs longer died with its process
LONGEST_KEY = 255
MOST_EFFECTS = 20
NOT_KEPT = {401, 403, 409, 429}

# No row comes back when the key is taken. PostgreSQL need not wait for its disk here: the log is
# written in order, so a claim is on the disk before the effect that it guards; and where a power
# cut takes an answer, a repeat is told so (AnswerLost).
CLAIM = {
    "sqlite": """
        INSERT INTO oms_idempotencykey (api_key_id, key, fingerprint, correlation_id, created_at)
        VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (api_key_id, key) DO NOTHING RETURNING id
    """,
    "postgresql": """
        WITH at_ease AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        INSERT INTO oms_idempotencykey (api_key_id, key, fingerprint, correlation_id, created_at)
        SELECT %s::bigint, %s, %s, %s::uuid, %s::timestamptz FROM at_ease
        ON CONFLICT (api_key_id, key) DO NOTHING RETURNING id
    """,
}
KEEP = {
    "sqlite": "UPDATE oms_idempotencykey SET status = %s, body = %s WHERE id = %s",
    "postgresql": """
        WITH at_ease AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        UPDATE oms_idempotencykey SET status = %s, body = %s FROM at_ease WHERE id = %s
    """,
}


class KeyReused(DomainError):
    """The key came with another request before."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for a different request."


class StillRunning(DomainError):
    """The first call with this key has not ended yet."""

    code = "idempotency_key_running"
    message = "The first request with this Idempotency-Key is still running; try again."


class AnswerLost(DomainError):
    """The first call took effect, but died before its answer was stored."""

    code = "idempotency_answer_lost"
    message = "The first request took effect, but its answer was lost. It concerned {subjects}."


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer, given again."""

    status: int
    body: bytes


def fingerprint(request: HttpRequest) -> str:
    """Equal for requests that ask for the same thing."""
    parts = (request.method or "", request.get_full_path(), "")
    return hashlib.sha256("\n".join(parts).encode() + request.body).hexdigest()


def claim(api_key: ApiKey, key: str, print_: str) -> int | Answer:
    """Claim a key: the claim's id for the first call, the stored answer for a repeat.

    Raises KeyReused, StillRunning and AnswerLost. A claim whose process died without any effect
    is taken over.
    """
    thread, now = _thread(), connection.ops.adapt_datetimefield_value(timezone.now())
    with prepared.cursor() as cursor:
        cursor.execute(CLAIM[connection.vendor], [api_key.pk, key, print_, thread.hex, now])
        if row := cursor.fetchone():
            return row[0]
    return _repeat(api_key, key, print_)


def keep(claimed: int, status: int, body: bytes) -> None:
    """Store the answer of the call that holds this claim, or give the claim back.

    A call that broke after it had taken effect keeps its claim: a repeat is told that the answer
    was lost, instead of doing the work twice.
    """
    rows = IdempotencyKey.objects.filter(pk=claimed)
    if status >= 500 and _effects(rows.get()):  # noqa: PLR2004 (server errors)
        rows.update(created_at=timezone.now() - ABANDONED)
    elif status in NOT_KEPT or status >= 500:  # noqa: PLR2004
        rows.delete()
    else:
        kept = sealed.seal_secret(body, _context(claimed))
        with prepared.cursor() as cursor:
            cursor.execute(KEEP[connection.vendor], [status, kept, claimed])


def reseal(*, by: str) -> int:  # noqa: ARG001 (an act like others; the command that calls it logs)
    """Wrap the stored answers' keys by the newest master key; how many."""
    rows = IdempotencyKey.objects.exclude(body=None)
    for row in rows.iterator(chunk_size=500):
        body = sealed.rewrap_secret(row.body or b"")
        IdempotencyKey.objects.filter(pk=row.pk, body=row.body).update(body=body)
    return rows.count()


def forget_answers(words: Iterable[str]) -> int:
    """Forget the stored answers in which one of these words stands; how many.

    For people who are erased: an answer names them beside the number of what it is about. A repeat
    is told that the first call took effect and its answer is gone (AnswerLost).
    """
    wanted, found = [word.encode() for word in words if word], []
    for row in IdempotencyKey.objects.exclude(body=None).iterator(chunk_size=500):
        body = sealed.open_secret(row.body or b"", _context(row.pk))
        if any(word in body for word in wanted):
            found.append(row.pk)
    rows = IdempotencyKey.objects.filter(pk__in=found)
    return rows.update(status=None, body=None, created_at=F("created_at") - ABANDONED)


def forget_old() -> int:
    """Delete what is older than a day; how many there were."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _repeat(api_key: ApiKey, key: str, print_: str) -> int | Answer:
    row = IdempotencyKey.objects.filter(api_key=api_key, key=key).first()
    if row is None:  # given back between the two statements
        raise StillRunning
    if row.fingerprint != print_:
        raise KeyReused
    if row.status is not None and row.body is not None:
        return Answer(row.status, sealed.open_secret(row.body, _context(row.pk)))
    return _take_over(row)


def _take_over(row: IdempotencyKey) -> int:
    now = timezone.now()
    if row.created_at > now - ABANDONED:
        raise StillRunning
    if found := _effects(row):
        raise AnswerLost(subjects=", ".join(found))
    mine = IdempotencyKey.objects.filter(pk=row.pk, status=None, created_at=row.created_at)
    if not mine.update(created_at=now, correlation_id=_thread()):
        raise StillRunning
    return row.pk


def _effects(row: IdempotencyKey) -> list[str]:
    """What the call changed, by the events that carry its thread."""
    rows = Event.objects.filter(correlation_id=row.correlation_id, at__gte=row.created_at)
    found = rows.order_by("pk").values_list("subject_type", "subject_label")[:MOST_EFFECTS]
    return list(
        dict.fromkeys(f"{kind.rpartition('.')[2]} {label}".strip() for kind, label in found)
    )


def _thread() -> UUID:
    return events.correlation.get() or uuid4()


def _context(claimed: int) -> str:
    return f"oms.idempotencykey:{claimed}"
