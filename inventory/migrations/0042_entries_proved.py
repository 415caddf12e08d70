"""All entries keep the check of 0041; they are read here while others write to them."""

from django.db import migrations

from oms.migrating import ValidateCheck


class Migration(migrations.Migration):
    dependencies = [("inventory", "0041_repaired_entries")]
    operations = [ValidateCheck("costentry", "inventory_cost_entry_cause")]
