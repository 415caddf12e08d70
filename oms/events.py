"""The outbox: what happened, written in the transaction in which it happened."""

import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from oms import rehearsing, wake
from oms.models import Event

C = TypeVar("C", bound=Callable[..., None])

correlation: ContextVar[uuid.UUID | None] = ContextVar("correlation", default=None)


@dataclass(frozen=True, slots=True)
class Fact:
    """An event about to be recorded."""

    name: str
    subject: models.Model
    facts: dict[str, Any] = field(default_factory=dict)


def record(name: str, subject: models.Model, *, by: str, **facts: Any) -> Event:
    """Write one event about a subject whose row the caller has locked or just inserted.

    The facts are ids and plain values, never personal data. Raises RuntimeError outside a
    transaction: an event without its act, or an act without its event, would be a lie.
    """
    return record_all([Fact(name, subject, facts)], by=by)[0]


def record_all(entries: Iterable[Fact], *, by: str) -> list[Event]:
    """Write many events in one statement, sequences continued per subject (one query more)."""
    entries = list(entries)
    return Event.objects.bulk_create(_rows(entries, _last_sequences(entries), by))


def record_first(entries: Iterable[Fact], *, by: str) -> list[Event]:
    """Write the first events of subjects inserted in this transaction, in one statement."""
    return Event.objects.bulk_create(first(entries, by=by))


def first(entries: Iterable[Fact], *, by: str) -> list[Event]:
    """The first events of new subjects, for the caller to insert with the subjects themselves."""
    return _rows(entries, {}, by)


def takes_many(consumer: C) -> C:
    """Mark a consumer as `consumer(events)`: many events in one call and one transaction.

    For consumers whose work is set-based and does not depend on other subjects' order.
    """
    consumer.takes_many = True  # type: ignore[attr-defined]
    return consumer


def heeds(names: Callable[[], Iterable[str]]) -> Callable[[C], C]:
    """Mark a consumer that reacts to some of its events only: `names()` says to which, by now.

    Asked when events get their positions, once for many of them; a consumer that heeds none of
    them costs nothing.
    """

    def mark(consumer: C) -> C:
        consumer.heeds = names  # type: ignore[attr-defined]
        return consumer

    return mark


def subject_type(subject: models.Model) -> str:
    """How events name a model: app_label.model."""
    return subject._meta.label_lower  # noqa: SLF001 (public API in all but name)


def _rows(entries: Iterable[Fact], last: dict[tuple[str, int], int], by: str) -> list[Event]:
    if not connection.in_atomic_block:
        msg = "an event is recorded inside the transaction of its act"
        raise RuntimeError(msg)
    rehearsal = rehearsing.current.get()
    thread = rehearsal.thread if rehearsal else correlation.get() or uuid.uuid4()
    now = timezone.now()
    rows = []
    for entry in entries:
        key = (subject_type(entry.subject), entry.subject.pk)
        last[key] = last.get(key, 0) + 1
        rows.append(
            Event(
                name=entry.name,
                subject_type=key[0],
                subject_id=key[1],
                subject_label=_label(entry.subject),
                sequence=last[key],
                actor=by,
                at=now,
                facts=entry.facts,
                channel=getattr(entry.subject, "channel_code", ""),
                correlation_id=thread,
            )
        )
    transaction.on_commit(wake.hint, robust=True)
    return rows


def _label(subject: models.Model) -> str:
    for name in ("number", "code", "sku"):
        if value := getattr(subject, name, ""):
            return str(value)
    return ""


def _last_sequences(entries: list[Fact]) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for kind in {subject_type(entry.subject) for entry in entries}:
        ids = {entry.subject.pk for entry in entries if subject_type(entry.subject) == kind}
        rows = (
            Event.objects.filter(subject_type=kind, subject_id__in=ids)
            .values_list("subject_id")
            .annotate(last=Max("sequence"))
        )
        found |= {(kind, subject_id): last for subject_id, last in rows}
    return found
