"""The conditional update of stock counters: the one place where stock figures are written.

All levels of a call change in one statement, locked in key order so that two callers who want the
same levels never wait for each other in a circle. PostgreSQL needs an explicit ordered lock for
that; SQLite has one writer. A level that would break its rule is left unchanged and is missing
from the answer: the caller undoes its transaction.

What is kept behind fences (`inventory.operations.fences`) is never promised here: promised units
must be free of them. Where fewer units are left than fences keep, fences give way at once, and
the caller settles which.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from oms import prepared

LOCKED = """
    SELECT id FROM inventory_stocklevel
    WHERE id = ANY(ARRAY(SELECT level_id FROM {})) ORDER BY id FOR NO KEY UPDATE
"""
CHUNK = 2_000  # levels a statement; SQLite allows 32,766 parameters


@dataclass(frozen=True, slots=True)
class Delta:
    """How one level's counters change.

    `fenced` units more or fewer are kept behind fences; `promised` units must then be available
    and kept for nobody.
    """

    level_id: int
    on_hand: int = 0
    reserved: int = 0
    promised: int = 0
    quarantined: int = 0
    damaged: int = 0
    fenced: int = 0


@dataclass(frozen=True, slots=True)
class Counters:
    """A level's counters after a change."""

    on_hand: int
    reserved: int
    quarantined: int = 0
    damaged: int = 0


FIELDS = attrgetter(*(field.name for field in fields(Delta)))
SENT = ("level_id", "moved", "held", "promised", "apart", "broken", "kept")  # the same in SQL

UPDATE = """
    UPDATE inventory_stocklevel AS level
    SET on_hand = level.on_hand + delta.moved,
        reserved = level.reserved + delta.held,
        quarantined = level.quarantined + delta.apart,
        damaged = level.damaged + delta.broken,
        fenced = CASE
            WHEN level.fenced + delta.kept
                 <= level.on_hand + delta.moved - level.reserved - delta.held
            THEN level.fenced + delta.kept
            ELSE level.on_hand + delta.moved - level.reserved - delta.held END,
        changes = level.changes + 1,
        changed_at = %s
    FROM delta
    WHERE level.id = delta.level_id
      AND level.on_hand + delta.moved >= level.reserved + delta.held
      AND level.reserved + delta.held >= 0
      AND level.quarantined + delta.apart >= 0
      AND level.damaged + delta.broken >= 0
      AND level.fenced + delta.kept >= 0
      AND (delta.promised = 0
           OR level.on_hand - level.reserved - level.safety_stock - level.fenced - delta.kept
              >= delta.promised)
"""
RETURNING = "RETURNING id, on_hand, reserved, quarantined, damaged"

POSTGRESQL = f"""
    WITH delta AS MATERIALIZED (
        SELECT {", ".join(f"(row->>{at})::bigint AS {name}" for at, name in enumerate(SENT))}
        FROM json_array_elements(%s::json) AS sent(row)
    ), locked AS MATERIALIZED ({LOCKED.format("delta")}) {UPDATE} AND level.id = ANY(ARRAY(SELECT id FROM locked)) {RETURNING}
"""  # noqa: S608 (names and placeholders only)


def apply(deltas: Iterable[Delta]) -> dict[int, Counters]:
    """Change the counters of these levels; one delta a level. Refused levels are left out."""
    ordered = sorted(deltas, key=lambda delta: delta.level_id)
    changed: dict[int, Counters] = {}
    for start in range(0, len(ordered), CHUNK):
        changed |= _apply_chunk(ordered[start : start + CHUNK])
    return changed


def _apply_chunk(deltas: Sequence[Delta]) -> dict[int, Counters]:
    rows = [FIELDS(delta) for delta in deltas]
    values: list[Any]
    if connection.vendor == "postgresql":
        statement, values = POSTGRESQL, [msgspec.json.encode(rows).decode()]
    else:
        statement, values = _sqlite(len(rows)), [value for row in rows for value in row]
    with prepared.cursor() as cursor:
        cursor.execute(statement, [*values, timezone.now()])
        return {row[0]: Counters(*row[1:]) for row in cursor.fetchall()}


def _sqlite(count: int) -> str:
    values = ", ".join([f"({', '.join(['%s'] * len(SENT))})"] * count)
    return f"WITH delta({', '.join(SENT)}) AS (VALUES {values}) {UPDATE} {RETURNING}"


def mark_told(seen: dict[int, int]) -> None:
    """Write down which change of each level the channels know of.

    A level that changed meanwhile has a later number and stays to be told: nothing is lost.
    """
    for start in range(0, len(seen), CHUNK):
        part = sorted(seen.items())[start : start + CHUNK]
        values = ", ".join(["(CAST(%s AS bigint), CAST(%s AS bigint))"] * len(part))
        with connection.cursor() as cursor:
            cursor.execute(_told(values), [number for pair in part for number in pair])


def _told(values: str) -> str:
    lock, condition = "", ""
    if connection.vendor == "postgresql":
        lock = f", locked AS MATERIALIZED ({LOCKED.format('seen')})"
        condition = "AND level.id = ANY(ARRAY(SELECT id FROM locked))"
    return f"""
        WITH seen(level_id, change) AS (VALUES {values}){lock}
        UPDATE inventory_stocklevel AS level SET told = seen.change
        FROM seen WHERE level.id = seen.level_id {condition}
    """  # noqa: S608 (placeholders only)
