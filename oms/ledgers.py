"""Ledgers that must add up: what an invariant is, and how all of them are checked."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice

from django.db import connection, transaction
from django.utils.module_loading import import_string

SHOWN = 20  # violations listed one by one; the rest is counted


@dataclass(frozen=True, slots=True)
class Invariant:
    """A sentence about the ledgers that must be true at any moment.

    `count` tells how many rows it speaks of, `violations` describes each row for which it is
    false, by public numbers and figures. `repair` corrects what is a cache, from the ledger, and
    explains each correction; a ledger itself has none.
    """

    name: str
    sentence: str
    count: Callable[[], int]
    violations: Callable[[], Iterable[str]]
    repair: Callable[[], Iterable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    invariant: Invariant
    rows: int
    violations: int
    shown: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the sentence is true."""
        return self.violations == 0


def every_invariant() -> Iterator[Invariant]:
    """All invariants of all apps, in the order of `oms.wiring.INVARIANTS`.

    The wiring is read by its name: the kernel knows no app.
    """
    for path in import_module("oms.wiring").INVARIANTS:
        yield from import_string(path)()


def check(invariant: Invariant) -> Finding:
    """Count the rows and the violations of one invariant, all at one moment.

    Work goes on meanwhile: an invariant that asks several statements would otherwise compare
    figures of before a commit with figures of after it.
    """
    with _one_moment():
        found = iter(invariant.violations())
        shown = tuple(islice(found, SHOWN))
        return Finding(invariant, invariant.count(), len(shown) + sum(1 for _ in found), shown)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read everything as it was at the first statement, and write nothing.

    A transaction that has begun keeps its own isolation. So does SQLite, where a transaction of
    ours would shut everybody out who writes.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def run() -> list[Finding]:
    """Check everything."""
    return [check(invariant) for invariant in every_invariant()]
