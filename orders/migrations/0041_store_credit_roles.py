"""Entries of store credit never change; its numbers; who issues, spends and writes off."""

from django.db import migrations

from oms.append_only import protect
from oms.migrating import RunDirectly
from oms.roles import grant

SEEN = ("view_storecredit",)


def create(apps, schema_editor):
    """Create the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE oms_number_store_credit START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE IF EXISTS oms_number_store_credit")


class Migration(migrations.Migration):
    """Trigger, sequence and roles."""

    dependencies = [("orders", "0040_store_credit"), ("oms", "0003_roles")]
    operations = [
        protect("orders_storecreditentry"),
        RunDirectly(create, drop),
        grant(
            "orders",
            {
                "Operations": (*SEEN, "redeem_storecredit"),
                "Support": (*SEEN, "redeem_storecredit"),
                "Finance": (*SEEN, "issue_storecredit", "redeem_storecredit", "write_off_balance"),
                "Auditor": SEEN,
            },
        ),
    ]
