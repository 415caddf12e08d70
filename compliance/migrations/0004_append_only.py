"""Ledger rows never change: PostgreSQL refuses."""

from django.db import migrations

from oms.append_only import protect


class Migration(migrations.Migration):
    """Append-only triggers."""

    dependencies = [("compliance", "0003_constraints")]
    operations = [protect("compliance_invoice", "compliance_invoiceline")]
