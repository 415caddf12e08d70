"""Answers remembered by Idempotency-Key, so that repeating a call has one effect.

The first call claims the key in a statement of its own, before it does anything; a repeat finds
the claim. An answer is kept sealed for a day, because answers may name people.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from oms import sealed
from oms.errors import DomainError
from oms.models import ApiKey, IdempotencyKey

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=2)  # a call that runs longer died with its process
LONGEST_KEY = 255
NOT_KEPT = {401, 403, 409, 429}

# One statement on both databases; no row comes back when the key is taken.
CLAIM = """
INSERT INTO oms_idempotencykey (api_key_id, key, fingerprint, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (api_key_id, key) DO NOTHING RETURNING id
"""


class KeyReused(DomainError):
    """The key came with another request before."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for a different request."


class StillRunning(DomainError):
    """The first call with this key has not ended yet."""

    code = "idempotency_key_running"
    message = "The first request with this Idempotency-Key is still running; try again."


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

    Raises KeyReused and StillRunning. A claim whose process died is taken over.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM, [api_key.pk, key, print_, connection.ops.adapt_datetimefield_value(now)]
        )
        if row := cursor.fetchone():
            return row[0]
    return _repeat(api_key, key, print_)


def keep(claimed: int, status: int, body: bytes) -> None:
    """Store the answer of the call that holds this claim, or give the claim back."""
    rows = IdempotencyKey.objects.filter(pk=claimed)
    if status in NOT_KEPT or status >= 500:  # noqa: PLR2004 (server errors)
        rows.delete()
    else:
        rows.update(status=status, body=sealed.seal_secret(body, _context(claimed)))


def reseal(*, by: str) -> int:  # noqa: ARG001 (an act like others; the command that calls it logs)
    """Wrap the stored answers' keys by the newest master key; how many."""
    rows = IdempotencyKey.objects.exclude(body=None)
    for row in rows.iterator(chunk_size=500):
        body = sealed.rewrap_secret(row.body or b"")
        IdempotencyKey.objects.filter(pk=row.pk, body=row.body).update(body=body)
    return rows.count()


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
    now = timezone.now()
    taken = IdempotencyKey.objects.filter(
        pk=row.pk, status=None, created_at=row.created_at, created_at__lt=now - ABANDONED
    ).update(created_at=now)
    if not taken:
        raise StillRunning
    return row.pk


def _context(claimed: int) -> str:
    return f"oms.idempotencykey:{claimed}"
