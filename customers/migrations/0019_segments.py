"""Segments of customers; who writes them."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from oms.append_only import protect
from oms.roles import grant

SEEN = ["view_segment", "view_segmentversion", "view_segmentmember"]


class Migration(migrations.Migration):

    dependencies = [
        ('oms', '0003_roles'),
        ('customers', '0018_claim_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=100, unique=True)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('filled_version', models.PositiveIntegerField(default=0)),
                ('filled_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'permissions': [('edit_segment', 'Can write and end segments of customers')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('filled_at', None), ('filled_version', 0)), models.Q(('filled_at__isnull', False), ('filled_version__gt', 0)), _connector='OR'), name='customers_segment_filled_has_version', violation_error_message='A segment was filled by one of its versions.')],
            },
        ),
        migrations.CreateModel(
            name='SegmentMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='customers.customer')),
                ('segment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='customers.segment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('segment', 'customer'), name='customers_segment_member_once', violation_error_message='A customer is in a segment once.')],
            },
        ),
        migrations.CreateModel(
            name='SegmentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('conditions', models.JSONField()),
                ('note', models.CharField(blank=True, max_length=300)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='customers.segment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('segment', 'number'), name='customers_segment_version_number', violation_error_message='Versions of a segment are numbered.'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='customers_segment_version_counts', violation_error_message='Versions count from 1.')],
            },
        ),
        protect("customers_segmentversion"),
        grant(
            "customers",
            {
                "Operations": [*SEEN, "edit_segment"],
                "Support": SEEN,
                "Finance": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
