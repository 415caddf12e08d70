"""Orders of earlier releases say their country as the channel wrote it, such as `gb`; now in capitals.

Only the clear column that routing, taxes and lists ask: what is sealed stays as it was sent. A batch
at a time, each in a transaction of its own. Done twice, it changes nothing more.
"""

from django.db import migrations, transaction

from oms.migrating import RunDirectly

BATCH = 1_000


def capitals(_apps, schema_editor):
    """Find the spellings first: there are few, and each leads to its rows by an index."""
    connection = schema_editor.connection
    for table in ("orders_order", "orders_draftorder"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT ship_country FROM {table} WHERE ship_country <> UPPER(ship_country)"  # noqa: S608 (own text)
            )
            found = [told for (told,) in cursor.fetchall()]
        for told in found:
            _rewrite(connection, table, told)


def _rewrite(connection, table, told):
    changed = BATCH
    while changed == BATCH:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET ship_country = %s WHERE id IN "  # noqa: S608 (own text)
                f"(SELECT id FROM {table} WHERE ship_country = %s ORDER BY id DESC LIMIT {BATCH})",
                [told.upper(), told],
            )
            changed = cursor.rowcount


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0071_incomplete_contact")]
    operations = [RunDirectly(capitals, RunDirectly.noop, elidable=True)]
