"""Questions asked with every order: written once by the ORM, prepared once by PostgreSQL.

Writing a statement takes the ORM longer than answering it takes PostgreSQL. A prepared question is
a function that gives a queryset. It is called once for each connection, with open places instead
of values; after that only the values travel. On SQLite it is the queryset that it gives.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Expression, Field, ForeignObject, QuerySet
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


class Open(Expression):
    """The place of a value that comes with the call."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, Any]:
        """A placeholder; the place itself is its parameter until a call fills it."""
        return "%s", [self]


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(In):
    """`field__any=values`: like `in`, but the statement does not depend on how many they are."""

    lookup_name = "any"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list]:
        """`column = ANY(array)`."""
        left, parameters = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.rel_db_type(connection).partition("(")[0]
        value = self.rhs if isinstance(self.rhs, Open) else list(self.rhs)
        return f"{left} = ANY(%s::{kind}[])", [*parameters, value]


def prepared(ask: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """Make a prepared question of `ask(**values)`; it then takes its values by name.

    `ask` may hand its values to the queryset and look at them in no other way. Lists go through
    the lookup `any`. Gives what the queryset would give; prefetching is left to the caller.
    """
    names = tuple(inspect.signature(ask).parameters)

    def rows(**values: Any) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql":
            return list(ask(**values))
        known = vars(connection).setdefault("oms_prepared_questions", {})
        if ask not in known:
            known[ask] = _Compiled(ask(**{name: Open(name) for name in names}), connection)
        return known[ask].rows(values)

    return rows


def cursor() -> CursorWrapper:
    """A cursor whose statements PostgreSQL prepares and keeps; an ordinary one on SQLite."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    # Django's own cursors write values into the statement, which leaves nothing to prepare.
    return connection._prepare_cursor(_Cursor(connection.connection))  # type: ignore[attr-defined]  # noqa: SLF001


class _Cursor(psycopg.Cursor):
    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=True)

    def _convert_query(self, *arguments: Any) -> Any:
        # Where Django's log of statements looks for the text; psycopg leaves it out when prepared.
        self._query = super()._convert_query(*arguments)
        return self._query


class _Compiled:
    """A queryset's statement, and how its rows are read: by Django's own iterable classes."""

    def __init__(self, queryset: QuerySet, connection: BaseDatabaseWrapper) -> None:
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = self._compiler.as_sql()
        # What turns columns into values is the same each time; to find it takes as long as to read.
        columns = [column for column, *_ in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(columns)

    def rows(self, values: dict[str, Any]) -> list[Any]:
        sent = {
            name: _array(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        parameters = [
            sent[part.name] if isinstance(part, Open) else part for part in self._parameters
        ]
        with cursor() as opened:
            opened.execute(self._sql, parameters)
            found = opened.fetchall()
        answer = _Answer(self._queryset, self._compiler, found, self._converters)
        read: Any = self._queryset._iterable_class  # noqa: SLF001
        return list(read(answer))


def _array(values: list[Any]) -> str | list[Any]:
    """Numbers or words as PostgreSQL writes an array, which takes psycopg ten times as long.

    Other values stay a list. The statement says of which type the array is.
    """
    if all(type(value) is int for value in values):
        return f"{{{','.join(map(str, values))}}}"
    if all(type(value) is str for value in values):
        words = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
        return '{"' + '","'.join(words) + '"}'
    return values


class _Answer:
    """Stands in for queryset, query and compiler where Django would run the statement itself."""

    def __init__(
        self, queryset: QuerySet, compiler: SQLCompiler, rows: list[tuple], converters: dict
    ) -> None:
        self._queryset, self._compiler = queryset, compiler
        self._rows, self._converters = rows, converters
        self.query = self

    def get_compiler(self, *_: Any, **__: Any) -> "_Answer":
        return self

    def execute_sql(self, *_: Any, **__: Any) -> list[tuple]:
        return self._rows

    def results_iter(self, *_: Any, tuple_expected: bool = False, **__: Any) -> Iterator[Any]:
        rows: Iterator[Any] = iter(self._rows)
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        return map(tuple, rows) if tuple_expected else rows

    def __getattr__(self, name: str) -> Any:
        for source in (self._compiler, self._queryset):
            if hasattr(source, name):
                return getattr(source, name)
        return getattr(self._queryset.query, name)
