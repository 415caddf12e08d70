"""Sequences for public document numbers on PostgreSQL; SQLite counts in a table."""

from django.db import migrations

from oms.migrating import RunDirectly

SERIES = ("order", "customer", "fulfillment_order", "shipment", "return", "payment")


def create(apps, schema_editor):
    """Create the sequences."""
    if schema_editor.connection.vendor == "postgresql":
        for name in SERIES:
            schema_editor.execute(f"CREATE SEQUENCE oms_number_{name} START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequences."""
    if schema_editor.connection.vendor == "postgresql":
        for name in SERIES:
            schema_editor.execute(f"DROP SEQUENCE IF EXISTS oms_number_{name}")


class Migration(migrations.Migration):
    """Number sequences."""

    dependencies = [("oms", "0001_initial")]
    operations = [RunDirectly(create, drop)]
