"""Rows of several tables inserted together, at the price of one statement.

PostgreSQL takes each table's rows as JSON, which costs neither a placeholder nor an adapter a value
(and what all rows share is sent once), and inserts all tables in one prepared statement whose text
does not depend on how many rows there are. Elsewhere each table takes a `bulk_create`. Both write the same rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection, models
from django.db.models.base import ModelState
from django.utils.functional import Promise

from oms import history, prepared
from oms.history import quoted

Rows = Sequence[models.Model]
M = TypeVar("M", bound=models.Model)


def fresh(model: type[M], values: Iterable[dict[str, Any]]) -> list[M]:
    """New rows from their columns' values (foreign keys as `..._id`), defaults where one is missing.

    What a model's constructor would make, without its search for what each argument is, which takes
    ten times as long as everything else that is done to a row here. Raises TypeError for a name
    that is no column.
    """
    usual = _defaults(model)
    rows = []
    for given in values:
        row = model.__new__(model)
        row.__dict__ |= usual | given
        if len(row.__dict__) > len(usual):
            unknown = ", ".join(sorted(given.keys() - usual.keys()))
            msg = f"{model.__name__} has no column {unknown}"
            raise TypeError(msg)
        row._state = ModelState()  # noqa: SLF001 (as Django does)
        rows.append(row)
    return rows


def _defaults(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field.get_default() for field in model._meta.concrete_fields}  # noqa: SLF001


def number(*groups: Rows) -> None:
    """Give new rows the primary keys under which they will be inserted, in one statement.

    Rows that know their keys before they are written can point at each other, and their insert has
    nothing to bring back. Keys are drawn as an insert would draw them; those of a transaction that
    is undone are not used again.
    """
    groups = tuple(rows for rows in groups if rows)
    if not groups:
        return
    taken = _draw([(type(rows[0]), len(rows)) for rows in groups])
    for rows, keys in zip(groups, taken, strict=True):
        for row, key in zip(rows, keys, strict=True):
            row.pk = key


class Batch:
    """Rows to be inserted together; a table's rows are all numbered or none of them is."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def add(self, rows: Iterable[models.Model], *, history_by: str = "") -> None:
        """Add new rows of one table; `history_by` writes their first history rows as well."""
        rows = list(rows)
        if rows:
            self._parts.append(_Part(type(rows[0]), rows, history_by))

    def insert(self) -> None:
        """Write all rows. Raises IntegrityError, and then none is written."""
        if connection.vendor == "postgresql":
            _insert_at_once(self._parts)
        else:
            _insert_by_table(self._parts)


@dataclass(frozen=True, slots=True)
class _Part:
    model: type[models.Model]
    rows: Rows
    history_by: str

    @property
    def shape(self) -> tuple[type[models.Model], bool, bool]:
        """What the statement depends on: table, whether numbered, whether with history."""
        return self.model, self.rows[0].pk is not None, bool(self.history_by)

    def parameters(self) -> list[Any]:
        """What stands for this part in the statement."""
        model, numbered, with_history = self.shape
        found: list[Any] = [*_documents(_columns(model, numbered), self.rows)]
        if with_history:
            found += history.marks("+", by=self.history_by)
        return found


def _insert_by_table(parts: Sequence[_Part]) -> None:
    for part in parts:
        part.model._base_manager.bulk_create(part.rows)  # noqa: SLF001 (what Django itself uses)
        if part.history_by:
            history.record_created(part.rows, by=part.history_by)


def _insert_at_once(parts: Sequence[_Part]) -> None:
    if not parts:
        return
    parameters = [value for part in parts for value in part.parameters()]
    with prepared.cursor() as cursor:
        cursor.execute(_statement(tuple(part.shape for part in parts)), parameters)
    alias = connection.alias
    for part in parts:
        for row in part.rows:
            row._state.adding, row._state.db = False, alias  # noqa: SLF001 (as Django does)


@cache
def _statement(shapes: tuple[tuple[type[models.Model], bool, bool], ...]) -> str:
    steps = []
    for at, (model, numbered, with_history) in enumerate(shapes):
        table, columns = quoted(model._meta.db_table), _columns(model, numbered).listed  # noqa: SLF001
        steps.append(
            f"sent{at} AS (INSERT INTO {table} ({columns}) SELECT {columns} "  # noqa: S608 (own names)
            f"FROM json_populate_recordset(json_populate_record(NULL::{table}, %s::json), %s::json)"
            f"{' RETURNING *' if with_history else ''})"
        )
        if with_history:
            steps.append(f"kept{at} AS ({history.copying(model)} FROM sent{at})")
    return f"WITH {', '.join(steps)} SELECT 1"


@dataclass(frozen=True, slots=True)
class _Columns:
    """A table's columns as an insert names them, and how a row gives its values."""

    names: tuple[str, ...]
    listed: str
    pick: Callable[[dict[str, Any]], tuple[Any, ...]]
    binary: tuple[str, ...]


@cache
def _columns(model: type[models.Model], numbered: bool) -> _Columns:  # noqa: FBT001 (cached by value)
    fields = [f for f in model._meta.concrete_fields if numbered or not f.primary_key]  # noqa: SLF001
    names = tuple(str(field.column) for field in fields)
    return _Columns(
        names=names,
        listed=", ".join(quoted(name) for name in names),
        pick=itemgetter(*(field.attname for field in fields)),
        binary=tuple(str(f.column) for f in fields if isinstance(f, models.BinaryField)),
    )


def _documents(columns: _Columns, rows: Rows) -> list[str]:
    """Two JSON documents: the values that all rows share, and row by row those that differ."""
    values = [columns.pick(vars(row)) for row in rows]
    shared, own = {}, []
    for name, column in zip(columns.names, zip(*values, strict=True), strict=True):
        if column.count(column[0]) == len(column):
            shared[name] = _hex(column[0]) if name in columns.binary else column[0]
        else:
            own.append((name, map(_hex, column) if name in columns.binary else column))
    names = [name for name, _ in own]
    each = [
        dict(zip(names, row, strict=True))
        for row in zip(*(column for _, column in own), strict=True)
    ]
    return [_json(shared), _json(each or [{}] * len(rows))]


def _hex(value: bytes | memoryview | None) -> str | None:
    """Bytes as PostgreSQL reads them from text."""
    return None if value is None else "\\x" + bytes(value).hex()


def _json(value: Any) -> str:
    return _encoder.encode(value).decode()


def _draw(wanted: Sequence[tuple[type[models.Model], int]]) -> list[list[int]]:
    """So many keys of each table."""
    if connection.vendor != "postgresql":
        return [_next_keys(model, count) for model, count in wanted]
    one = (
        "ARRAY(SELECT nextval(sequence) FROM generate_series(1, %s),"
        " (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence) AS named)"
    )
    parameters = [
        value
        for model, count in wanted
        for value in (count, quoted(model._meta.db_table), model._meta.pk.column)  # noqa: SLF001
    ]
    with prepared.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([one] * len(wanted))}", parameters)
        return list(cursor.fetchone())


def _next_keys(model: type[models.Model], count: int) -> list[int]:
    """What SQLite's own counter would give; its single writer is inside this transaction."""
    if not connection.in_atomic_block:
        msg = "keys are drawn inside the transaction that uses them"
        raise RuntimeError(msg)
    with connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or [0])[0]
    return list(range(last + 1, last + 1 + count))


def _plain(value: Any) -> str:
    """Text that is more than text, such as what templates marked safe."""
    if isinstance(value, str | Promise):
        return str.__str__(str(value))
    raise TypeError(type(value))


_encoder = msgspec.json.Encoder(enc_hook=_plain)
