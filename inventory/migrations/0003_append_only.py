"""Ledger rows never change: PostgreSQL refuses."""

from django.db import migrations

from oms.append_only import protect


class Migration(migrations.Migration):
    """Append-only triggers."""

    dependencies = [("inventory", "0002_references")]
    operations = [protect("inventory_stockmovement")]
