"""Whole numbers of several rows written in one plain statement.

Django's `bulk_update` builds an expression per row and field, which costs more than everything
else that shipping a parcel does. Counts need no expressions.
"""

from collections.abc import Iterable

from django.db import connection, models


def write_counts(rows: Iterable[models.Model], *fields: str) -> None:
    """Save these whole-number fields of rows that the caller has locked, and nothing else."""
    rows = list(rows)
    if not rows:
        return
    model = type(rows[0])
    columns = [str(model._meta.get_field(name).column) for name in fields]  # noqa: SLF001
    one = f"({', '.join(['CAST(%s AS bigint)'] * (len(columns) + 1))})"
    sql = (
        f"WITH new(pk, {', '.join(columns)}) AS (VALUES {', '.join([one] * len(rows))}) "  # noqa: S608
        f"UPDATE {model._meta.db_table} AS old "  # noqa: SLF001 (names of our own columns)
        f"SET {', '.join(f'{column} = new.{column}' for column in columns)} "
        f"FROM new WHERE old.id = new.pk"
    )
    values = [value for row in rows for value in (row.pk, *(getattr(row, f) for f in fields))]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
