"""Trying an act without its effects: for previews and dry runs."""

import re
import secrets
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from oms.models import Event

T = TypeVar("T")
PLACEHOLDER = re.compile(r"~[0-9a-f]{8}\b")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An act that is about to be undone; its events carry this id as their correlation."""

    thread: uuid.UUID = field(default_factory=uuid.uuid4)
    began: datetime = field(default_factory=timezone.now)


current: ContextVar[Rehearsal | None] = ContextVar("rehearsal", default=None)


@transaction.atomic
def rehearse(act: Callable[[], T]) -> T:
    """Do something, undo every write, and return what it answered.

    The answer is the real one, against the data of this moment. The locks that the act takes are
    held only until it ends. Documents that it makes bear `placeholder` numbers, so that looking
    uses up none of the real ones; `events()` says what it has recorded. Raises RuntimeError inside
    another rehearsal.
    """
    if current.get():
        msg = "a rehearsal is not rehearsed"
        raise RuntimeError(msg)
    token = current.set(Rehearsal())
    try:
        answer = act()
    finally:
        current.reset(token)
    transaction.set_rollback(True)
    return answer


def events() -> list[Event]:
    """The events that stand recorded by the running rehearsal, in their order; none outside of one.

    Read from their table: what the act itself has undone, as a part that it tried again, is gone.
    """
    rehearsal = current.get()
    if rehearsal is None:
        return []
    rows = Event.objects.filter(correlation_id=rehearsal.thread, at__gte=rehearsal.began)
    return list(rows.order_by("pk"))


def placeholder(prefix: str) -> str:
    """A number for a document that will not exist; no two are the same, so that none waits for another."""
    return f"{prefix}~{secrets.token_hex(4)}"


def readable(text: str) -> str:
    """A text that names documents of a rehearsal, their numbers left open: RMA… for RMA~1f2e3d4c."""
    return PLACEHOLDER.sub("…", text)
