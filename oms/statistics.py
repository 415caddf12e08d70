"""What PostgreSQL plans by, brought up to date while a command fills its tables.

Prepared statements are planned once (`oms.settings`), by what the tables held when they were last
analysed. Autovacuum looks after that once a minute, where it is on; a command that writes a year
of orders into empty tables reads them from end to end meanwhile.
"""

from django.db import connection, models

FIRST = 100  # rows: below, any plan will do


class Growth:
    """Counts the rows that a command adds to a table, and has all tables analysed as it doubles."""

    def __init__(self, model: type[models.Model]) -> None:
        self._added, self._next = 0, FIRST
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT reltuples FROM pg_class WHERE oid = %s::regclass",
                    [model._meta.db_table],  # noqa: SLF001
                )
                self._next = max(FIRST, int(cursor.fetchone()[0]))

    def add(self, rows: int) -> None:
        """Take note of rows that were added."""
        self._added += rows
        if self._added >= self._next:
            self._next = 2 * self._added
            analyse()


def analyse() -> None:
    """Have PostgreSQL look at its tables, after which it plans anew; SQLite does without."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
