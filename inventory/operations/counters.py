"""The conditional update of stock counters: the one place where stock figures are written.

All levels of a call change in one statement, locked in key order so that two callers who want the
same levels never wait for each other in a circle. PostgreSQL needs an explicit ordered lock for
that; SQLite has one writer. A level that would break its rule is left unchanged and is missing
from the answer: the caller undoes its transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from oms import prepared

CHUNK = 2_000  # levels a statement; SQLite allows 32,766 parameters


@dataclass(frozen=True, slots=True)
class Delta:
    """How one level's counters change. `promised` units must be available for the change."""

    level_id: int
    on_hand: int = 0
    reserved: int = 0
    promised: int = 0
    quarantined: int = 0
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Counters:
    """A level's counters after a change."""

    on_hand: int
    reserved: int
    quarantined: int = 0
    damaged: int = 0


FIELDS = attrgetter(*(field.name for field in fields(Delta)))
SENT = ("level_id", "moved", "held", "promised", "apart", "broken")  # the same in SQL

UPDATE = """
    UPDATE inventory_stocklevel AS level
    SET on_hand = level.on_hand + delta.moved,
        reserved = level.reserved + delta.held,
        quarantined = level.quarantined + delta.apart,
        damaged = level.damaged + delta.broken,
        changed_at = %s
    FROM delta
    WHERE level.id = delta.level_id
      AND level.on_hand + delta.moved >= level.reserved + delta.held
      AND level.reserved + delta.held >= 0
      AND level.quarantined + delta.apart >= 0
      AND level.damaged + delta.broken >= 0
      AND (delta.promised = 0
           OR level.on_hand - level.reserved - level.safety_stock >= delta.promised)
"""
RETURNING = "RETURNING id, on_hand, reserved, quarantined, damaged"

POSTGRESQL = f"""
    WITH delta AS MATERIALIZED (
        SELECT {", ".join(f"(row->>{at})::bigint AS {name}" for at, name in enumerate(SENT))}
        FROM json_array_elements(%s::json) AS sent(row)
    ), locked AS MATERIALIZED (
        SELECT id FROM inventory_stocklevel
        WHERE id = ANY(ARRAY(SELECT level_id FROM delta)) ORDER BY id FOR NO KEY UPDATE
    ) {UPDATE} AND level.id = ANY(ARRAY(SELECT id FROM locked)) {RETURNING}
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
