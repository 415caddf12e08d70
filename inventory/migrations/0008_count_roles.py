"""Who plans, counts, approves and posts; the number sequence of counts on PostgreSQL."""

from django.db import migrations

from oms.migrating import RunDirectly
from oms.roles import grant

SEEN = ("view_count", "view_countpolicy")
PLANS = ("plan_count", "count_stock")
DECIDES = ("approve_count", "post_count")


def create(apps, schema_editor):
    """Create the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE oms_number_count START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE IF EXISTS oms_number_count")


class Migration(migrations.Migration):
    """Roles and numbers of counts."""

    dependencies = [("inventory", "0007_counts"), ("oms", "0003_roles")]
    operations = [
        RunDirectly(create, drop),
        grant(
            "inventory",
            {
                "Operations": (*SEEN, *PLANS, *DECIDES, "add_countpolicy", "change_countpolicy"),
                "Warehouse": (*SEEN, *PLANS),
                "Finance": (*SEEN, *DECIDES),
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
