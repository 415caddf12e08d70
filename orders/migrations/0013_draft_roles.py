"""Who makes drafts and quotes; their number sequence on PostgreSQL."""

from django.db import migrations

from oms.migrating import RunDirectly
from oms.roles import grant

MAKES = ("view_draftorder", "add_draftorder", "change_draftorder")


def create(apps, schema_editor):
    """Create the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE oms_number_draft START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE IF EXISTS oms_number_draft")


class Migration(migrations.Migration):
    """Roles and numbers of drafts."""

    dependencies = [("orders", "0012_drafts"), ("oms", "0003_roles")]
    operations = [
        RunDirectly(create, drop),
        grant(
            "orders",
            {
                "Operations": MAKES,
                "Support": MAKES,
                "Finance": ("view_draftorder",),
                "Auditor": ("view_draftorder",),
            },
        ),
    ]
