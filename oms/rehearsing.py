"""Trying an act without its effects: for previews and dry runs."""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction

if TYPE_CHECKING:
    from oms.models import Event

T = TypeVar("T")
PLACEHOLDER = re.compile(r"~[0-9a-f]{8}\b")


@dataclass(slots=True)
class Rehearsal:
    """What an act has done so far that is about to be undone."""

    events: "list[Event]" = field(default_factory=list)


current: ContextVar[Rehearsal | None] = ContextVar("rehearsal", default=None)


@transaction.atomic
def rehearse(act: Callable[[], T]) -> T:
    """Do something, undo every write, and return what it answered.

    The answer is the real one, against the data of this moment. The locks that the act takes are
    held only until it ends. Documents that it makes bear `placeholder` numbers, so that looking
    uses up none of the real ones; `events()` says what it has recorded. Rehearsals do not nest.
    """
    token = current.set(Rehearsal())
    try:
        answer = act()
    finally:
        current.reset(token)
    transaction.set_rollback(True)
    return answer


def events() -> "list[Event]":
    """The events that the running rehearsal has recorded, in their order; none outside of one."""
    rehearsal = current.get()
    return list(rehearsal.events) if rehearsal else []


def placeholder(prefix: str) -> str:
    """A number for a document that will not exist; no two are the same, so that none waits for another."""
    return f"{prefix}~{secrets.token_hex(4)}"


def readable(text: str) -> str:
    """A text that names documents of a rehearsal, their numbers left open: RMA… for RMA~1f2e3d4c."""
    return PLACEHOLDER.sub("…", text)
