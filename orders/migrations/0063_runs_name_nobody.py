"""What rules did, as earlier releases kept it, may name colleagues by mail address; it names nobody.

Runs and events are kept for ever, addresses are not. Runs are append-only; the trigger that says so
is off while a batch is written, in a transaction of its own that keeps others waiting for no longer.
Done twice, it changes nothing more.
"""

import json
import re

from django.db import migrations, transaction

from oms.migrating import RunDirectly

ADDRESS = re.compile(r"[^\s@:;,<>]+@[^\s@:;,<>]+\.[^\s@:;,<>]+")
NOBODY = "a colleague"
BATCH = 500
EVENTS = ("order.rule_ran", "order.rule_stopped", "order.rule_mailed", "rule.mailed")


def name_nobody(_apps, schema_editor):
    """Put `a colleague` for every address in what runs and their events say."""
    connection = schema_editor.connection
    places = ", ".join(["%s"] * len(EVENTS))
    _replace(connection, "orders_rulerun", "did", "1 = 1", (), protected=True)
    _replace(connection, "oms_event", "facts", f"name IN ({places})", EVENTS, protected=False)


def _replace(connection, table, column, which, values, *, protected):
    """Read without a lock, a batch at a time; each batch is written in a short transaction."""
    is_postgresql = connection.vendor == "postgresql"
    value = "CAST(%s AS jsonb)" if is_postgresql else "%s"
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, CAST({column} AS text) FROM {table} "  # noqa: S608 (own text)
                f"WHERE id > %s AND {which} AND CAST({column} AS text) LIKE %s "
                f"ORDER BY id LIMIT {BATCH}",
                [last, *values, "%@%"],
            )
            found = cursor.fetchall()
        if not found:
            return
        last = found[-1][0]
        said = [(json.loads(text), pk) for pk, text in found]
        rows = [(json.dumps(without(each)), pk) for each, pk in said if without(each) != each]
        if not rows:
            continue
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            if protected and is_postgresql:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be left to be checked
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            cursor.executemany(f"UPDATE {table} SET {column} = {value} WHERE id = %s", rows)  # noqa: S608
            if protected and is_postgresql:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")


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
    atomic = False
    dependencies = [("orders", "0062_price_lists_of_segments"), ("oms", "0001_initial")]

    operations = [RunDirectly(name_nobody, RunDirectly.noop, elidable=True)]
