"""Inventory reports of warehouse systems, the sequence of their numbers, and who deals with them."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from oms.migrating import RunDirectly
from oms.roles import grant

SEEN = ("view_inventoryreport",)

SEQUENCE = "oms_number_inventory_report"


def create(apps, schema_editor):
    """Create the sequence of its numbers."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE SEQUENCE {SEQUENCE} START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP SEQUENCE IF EXISTS {SEQUENCE}")


class Migration(migrations.Migration):

    dependencies = [("inventory", "0027_protected_reasons"), ("oms", "0003_roles")]

    operations = [
        migrations.CreateModel(
            name='InventoryReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('reference', models.CharField(max_length=80)),
                ('as_of', models.DateTimeField()),
                ('complete', models.BooleanField(default=False)),
                ('rows', models.JSONField()),
                ('results', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('posted', 'Posted'), ('discarded', 'Discarded')], default='draft', max_length=10)),
                ('by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inventory_reports', to='inventory.location')),
            ],
            options={
                'permissions': [('post_inventoryreport', 'Can draft, post and discard inventory reports')],
                'constraints': [models.UniqueConstraint(fields=('location', 'reference'), name='inventory_report_reference_once', violation_error_message='This location has already sent a report of this name.'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='inventory_report_decided_has_time', violation_error_message='A decided report says when it was decided.')],
            },
        ),
        RunDirectly(create, drop),
        grant(
            "inventory",
            {
                "Operations": (*SEEN, "post_inventoryreport"),
                "Warehouse": (*SEEN, "post_inventoryreport"),
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
