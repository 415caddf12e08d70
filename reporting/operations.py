"""Acts of reporting: counting events into the daily facts, and making the facts anew."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models, transaction

from oms.models import Event
from reporting.models import PromiseOutcome
from reporting.queries import facts, promises

ROWS_A_STATEMENT = 500
OUTCOME = [
    "channel",
    "location",
    "first_at",
    "last_at",
    "shipped_at",
    "kept_first",
    "kept_last",
    "reason",
]


@transaction.atomic
def count(events: Sequence[Event]) -> None:
    """Add what these events say to the daily facts, one statement per table.

    Not repeatable by itself: the caller's transaction holds the mark that the event was counted.
    """
    for table, rows in facts.added_up(facts.increments(events)).items():
        _add(table, rows)


@transaction.atomic
def rebuild() -> int:
    """Make the daily facts anew from every event counted so far; returns the number of rows.

    Consumers wait meanwhile, and count on what was made when they go on.
    """
    _lock()

    told = facts.expected()

    for table in facts.KEYS:
        table._default_manager.all().delete()  # noqa: SLF001 (documented manager hook)
        _add(table, told[table])
    return sum(len(rows) for rows in told.values())


def repair() -> list[str]:
    """Make the facts anew and say which figures were wrong; for `check_ledgers --repair`."""
    wrong = [sentence for table in facts.KEYS for sentence in facts.differences(table)]
    if wrong:
        rebuild()
    return [f"made anew from events: {sentence}" for sentence in wrong]


@transaction.atomic
def judge(order_ids: Iterable[int]) -> int:
    """Write down what became of the promises of those of these orders that have left; how many.

    Repeating it with the same facts changes nothing.
    """
    rows = promises.outcomes(order_ids)
    PromiseOutcome.objects.bulk_create(
        sorted(rows, key=lambda row: row.order_id),
        update_conflicts=True,
        unique_fields=["order"],
        update_fields=OUTCOME,
    )
    return len(rows)


def repair_outcomes() -> Iterator[str]:
    """Judge orders of which nothing, or something wrong, is said; one sentence each."""
    found = dict(promises.wrong_outcomes())
    found |= {order.pk: f"{order}: was not judged" for order in promises.unjudged_orders()}
    for pk, sentence in sorted(found.items()):
        judge([pk])
        yield f"{sentence}; judged anew from promises and shipments."


def judge_all() -> int:
    """Write down what became of every order's promises; how many have left."""
    done, batch = 0, []
    for order in promises.shipped_orders().iterator():
        batch.append(order)
        if len(batch) == ROWS_A_STATEMENT:
            done, batch = done + judge(batch), []
    return done + judge(batch)


def _lock() -> None:
    """Keep consumers out until the transaction ends; on SQLite the transaction itself does."""
    if connection.vendor == "postgresql":
        tables = ", ".join(_quoted(table._meta.db_table) for table in facts.KEYS)  # noqa: SLF001
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")


def _add(table: type[models.Model], rows: dict[facts.Key, dict[str, facts.Number]]) -> None:
    """Insert the rows, or add to those that are there: the one statement of its kind.

    Rows go in key order, so that two consumers that touch the same rows never wait in a circle.
    The ORM's upsert can replace but not add, hence SQL; the form is the same on both databases.
    """
    keys = sorted(rows)
    for start in range(0, len(keys), ROWS_A_STATEMENT):
        _add_some(table, {key: rows[key] for key in keys[start : start + ROWS_A_STATEMENT]})


def _add_some(table: type[models.Model], rows: dict[facts.Key, dict[str, facts.Number]]) -> None:
    key_columns = facts.KEYS[table]
    columns = [
        str(field.column)
        for field in table._meta.concrete_fields  # noqa: SLF001 (documented)
        if not field.primary_key and field.column not in key_columns
    ]
    one = f"({', '.join(['%s'] * (len(key_columns) + len(columns)))})"
    name = _quoted(table._meta.db_table)  # noqa: SLF001
    sums = ", ".join(f"{column} = {name}.{column} + excluded.{column}" for column in columns)
    sql = (
        f"INSERT INTO {name} ({', '.join([*key_columns, *columns])}) "  # noqa: S608 (own names)
        f"VALUES {', '.join([one] * len(rows))} "
        f"ON CONFLICT ({', '.join(key_columns)}) DO UPDATE SET {sums}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(table, rows, columns))


def _values(
    table: type[models.Model], rows: dict[facts.Key, dict[str, facts.Number]], columns: list[str]
) -> list[Any]:
    fields = {field.column: field for field in table._meta.concrete_fields}  # noqa: SLF001
    values: list[Any] = []
    for key, amounts in rows.items():
        named = dict(zip(facts.KEYS[table], key, strict=True))
        named |= {column: amounts.get(column, 0) for column in columns}
        values += [
            fields[column].get_db_prep_save(value, connection) for column, value in named.items()
        ]
    return values


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
