"""Numbers of claims, a ledger that never changes, and who claims, books and sets the terms.

A new installation lays down the roles with the permissions of today, so that `fulfillment.*` gives
more than is meant; that is taken away.
"""

from django.db import migrations

from oms.append_only import protect
from oms.migrating import RunDirectly
from oms.roles import grant

SEEN = ("view_claim", "view_claimentry", "view_claimterms")
TERMS = ("add_claimterms", "change_claimterms")
BEYOND = {
    "Operations": ("book_claim",),
    "Warehouse": ("book_claim", "change_claim", *TERMS),
}


def create(apps, schema_editor):
    """Create the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE oms_number_claim START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE IF EXISTS oms_number_claim")


def take_away(apps, schema_editor):
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    rows = apps.get_model("auth", "Permission").objects.using(using)
    for role, names in BEYOND.items():
        beyond = rows.filter(content_type__app_label="fulfillment", codename__in=names)
        for group in groups.filter(name=role):
            group.permissions.remove(*beyond)


class Migration(migrations.Migration):
    """Trigger, sequence and roles."""

    dependencies = [("fulfillment", "0018_claims"), ("oms", "0003_roles")]
    operations = [
        protect("fulfillment_claimentry"),
        RunDirectly(create, drop),
        grant(
            "fulfillment",
            {
                "Operations": (*SEEN, *TERMS, "add_claim", "change_claim"),
                "Warehouse": (*SEEN, "add_claim"),
                "Finance": (*SEEN, "book_claim"),
                "Support": (*SEEN, "add_claim", "change_claim"),
                "Auditor": SEEN,
            },
        ),
        migrations.RunPython(take_away, migrations.RunPython.noop, elidable=False),
    ]
