"""Imports of files, the sequence of their numbers, and who sees them."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from oms.migrating import RunDirectly
from oms.roles import grant

SEEN = ("view_importbatch",)
SEQUENCE = "oms_number_import"


def create(apps, schema_editor):
    """Create the sequence of its numbers."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE SEQUENCE {SEQUENCE} START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequence."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP SEQUENCE IF EXISTS {SEQUENCE}")


class Migration(migrations.Migration):

    dependencies = [
        ('oms', '0012_runs'),
        ('oms', '0003_roles'),
        ('orders', '0031_handling_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('profile', models.CharField(max_length=80)),
                ('form', models.CharField(max_length=4)),
                ('size', models.BigIntegerField(default=0)),
                ('upload', models.CharField(blank=True, max_length=80)),
                ('dry_run', models.BooleanField(default=False)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('known', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('would_place', models.PositiveIntegerField(default=0)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='orders.channel')),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='import_batch', to='oms.job')),
                ('undo', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_import', to='oms.job')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
            },
        ),
        migrations.CreateModel(
            name='ImportedOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.importbatch')),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='imported', to='orders.order')),
            ],
        ),
        migrations.AddIndex(
            model_name='importbatch',
            index=models.Index(condition=models.Q(('upload', ''), _negated=True), fields=['created_at'], name='orders_import_kept'),
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.CheckConstraint(condition=models.Q(('form__in', ['csv', 'xlsx', 'json'])), name='orders_import_form_known'),
        ),
        RunDirectly(create, drop),
        grant("orders", dict.fromkeys(("Operations", "Finance", "Support", "Auditor"), SEEN)),
    ]
