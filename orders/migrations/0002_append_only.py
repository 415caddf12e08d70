"""Ledger rows never change: PostgreSQL refuses."""

from django.db import migrations

from oms.append_only import protect


class Migration(migrations.Migration):
    """Append-only triggers."""

    dependencies = [("orders", "0001_initial")]
    operations = [protect(
        "orders_cancellation",
        "orders_cancellationline",
        "orders_refundgrant",
        "orders_paymenttransaction",
    )]
