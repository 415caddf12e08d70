"""What is in a database, and what is in one that all migrations have made one by one.

`python -m tests.history` writes the latter of the empty database that DATABASE_URL names.
"""

import gc
import json
import re
import sys
from datetime import datetime
from functools import cache

import django
from django.apps import apps
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

CATALOGUE = {
    "tables and columns": """
        SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "functions": """
        SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by,
               cycle, cache_size FROM pg_sequences WHERE schemaname = 'public'""",
    "extensions": "SELECT extname FROM pg_extension",
}
MASTER = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"


def described():
    """Schema and rows of the database, in an order and in words that do not depend on its past."""
    return json.loads(json.dumps({"schema": _schema(), "rows": _rows()}, sort_keys=True))


def _schema():
    if connection.vendor == "postgresql":
        return {what: _asked(query) for what, query in CATALOGUE.items()}
    return {name: _parts(text) if kind == "table" else text for kind, name, text in _asked(MASTER)}


def _asked(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted((list(row) for row in cursor.fetchall()), key=repr)


def _parts(statement):
    """What stands between the outer brackets of a statement, sorted: columns and constraints."""
    parts, depth = [""], 0
    for piece in re.findall(r"'(?:[^']|'')*'|\"[^\"]*\"|.", statement, re.DOTALL):
        depth -= piece == ")"
        if piece == "," and depth == 1:
            parts.append("")
        elif depth:
            parts[-1] += piece
        depth += piece == "("
    return sorted(" ".join(part.split()) for part in parts)


def _rows():
    found = {
        model._meta.db_table: sorted((_told(row) for row in model._base_manager.all()), key=repr)
        for model in apps.get_models(include_auto_created=True)
    }
    applied = MigrationRecorder(connection).applied_migrations()
    return {**found, "migrations": sorted(map(list, applied))}


def _told(row):
    """A row without its own key and without when it was made; others by what they say."""
    return {
        field.name: _value(row, field)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }


def _value(row, field):
    value = getattr(row, field.name)
    if field.is_relation:
        return _told(value) if value else None
    return "some time" if isinstance(value, datetime) else str(value)


if __name__ == "__main__":
    django.setup()
    gc.disable()  # the models of every step would be looked through
    apps.get_swappable_settings_name = cache(apps.get_swappable_settings_name)  # a quarter of it
    call_command(migrate.Command(), verbosity=0)
    sys.stdout.write(json.dumps(described()))
