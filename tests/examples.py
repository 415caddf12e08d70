"""How many random histories a property of the ledgers is tried with."""

from django.db import connection


def examples(wanted):
    """All of them on PostgreSQL, which stands for production; on SQLite a third, as time is short."""
    return wanted if connection.vendor == "postgresql" else max(wanted // 3, 4)
