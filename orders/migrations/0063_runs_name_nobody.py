"""What rules did, as earlier releases kept it, may name colleagues by mail address; it names nobody.

Runs and events are kept for ever, addresses are not. Runs are append-only; the trigger that says so
is off for this transaction.
"""

import json
import re

from django.db import migrations

from oms.migrating import RunDirectly

ADDRESS = re.compile(r"[^\s@:;,<>]+@[^\s@:;,<>]+\.[^\s@:;,<>]+")
NOBODY = "a colleague"
EVENTS = ("order.rule_ran", "order.rule_stopped", "order.rule_mailed", "rule.mailed")


def name_nobody(_apps, schema_editor):
    """Put `a colleague` for every address in what runs and their events say."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    with schema_editor.connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be left to be checked
            cursor.execute("ALTER TABLE orders_rulerun DISABLE TRIGGER append_only")
        _replace(cursor, "orders_rulerun", "did", "1 = 1", (), is_postgresql=is_postgresql)
        if is_postgresql:
            cursor.execute("ALTER TABLE orders_rulerun ENABLE TRIGGER append_only")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        places = ", ".join(["%s"] * len(EVENTS))
        which = f"name IN ({places})"
        _replace(cursor, "oms_event", "facts", which, EVENTS, is_postgresql=is_postgresql)


def _replace(cursor, table, column, which, values, *, is_postgresql):
    cursor.execute(
        f"SELECT id, CAST({column} AS text) FROM {table} "  # noqa: S608 (own text)
        f"WHERE {which} AND CAST({column} AS text) LIKE %s",
        [*values, "%@%"],
    )
    value = "CAST(%s AS jsonb)" if is_postgresql else "%s"
    rows = [(json.dumps(without(json.loads(text))), pk) for pk, text in cursor.fetchall()]
    cursor.executemany(f"UPDATE {table} SET {column} = {value} WHERE id = %s", rows)  # noqa: S608


def without(value):
    """The same without addresses."""
    match value:
        case dict():
            return {name: without(each) for name, each in value.items()}
        case list():
            return [without(each) for each in value]
        case str():
            return ADDRESS.sub(NOBODY, value)
    return value


class Migration(migrations.Migration):
    dependencies = [("orders", "0062_price_lists_of_segments"), ("oms", "0001_initial")]

    operations = [RunDirectly(name_nobody, RunDirectly.noop)]
