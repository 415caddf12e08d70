"""Who changes placed orders; the number sequence of changes on PostgreSQL."""

from django.db import migrations

from oms.append_only import protect
from oms.migrating import RunDirectly
from oms.roles import grant

SEEN = ["view_orderchange", "view_orderversion"]


def create(apps, schema_editor):
    """Create the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE oms_number_change START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE IF EXISTS oms_number_change")


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_changes"), ("oms", "0003_roles")]
    operations = [
        RunDirectly(create, drop),
        protect("orders_orderversion"),
        grant(
            "orders",
            {
                "Operations": [*SEEN, "change_placed_order"],
                "Support": [*SEEN, "change_placed_order"],
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
