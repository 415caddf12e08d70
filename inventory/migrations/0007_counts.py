import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0006_expected_supply'),
        ('oms', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Count',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tolerance_units', models.PositiveIntegerField(default=0)),
                ('tolerance_percent', models.DecimalField(decimal_places=2, default=Decimal(2), max_digits=5)),
                ('tolerance_value', models.DecimalField(decimal_places=4, default=Decimal(25), max_digits=18)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('counting', 'Counting'), ('recount', 'Recount'), ('to_approve', 'To Approve'), ('posted', 'Posted'), ('cancelled', 'Cancelled')], default='planned', max_length=12)),
                ('cause', models.CharField(choices=[('cycle', 'Cycle'), ('requested', 'Requested'), ('rejected', 'Rejected')], default='cycle', max_length=10)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('due_on', models.DateField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('counted_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('assigned_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='inventory.location')),
            ],
            options={
                'permissions': [('count_stock', 'Can count stock'), ('plan_count', 'Can plan and cancel counts'), ('approve_count', 'Can approve counted differences'), ('post_count', 'Can post counts')],
                'indexes': [models.Index(fields=['status', 'due_on'], name='inventory_count_status'), models.Index(fields=['location', 'ended_at'], name='inventory_count_ended')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['planned', 'counting', 'recount', 'to_approve', 'posted', 'cancelled'])), name='inventory_count_status_known', violation_error_message='A count has one of the known statuses.')],
            },
        ),
        migrations.CreateModel(
            name='CountLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('to_count', 'To Count'), ('to_recount', 'To Recount'), ('to_approve', 'To Approve'), ('approved', 'Approved'), ('kept', 'Kept'), ('matched', 'Matched'), ('posted', 'Posted')], default='to_count', max_length=10)),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('counted', models.BigIntegerField(blank=True, null=True)),
                ('expected', models.BigIntegerField(blank=True, null=True)),
                ('unit_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decision', models.CharField(blank=True, max_length=200)),
                ('is_open', models.BooleanField(default=True)),
                ('count', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='inventory.count')),
                ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='count_lines', to='inventory.stocklevel')),
            ],
            options={
                'indexes': [models.Index(fields=['count', 'position'], name='inventory_count_line_sheet')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_open', True)), fields=('level',), name='inventory_count_line_one_open', violation_error_message='This stock is being counted already.'), models.CheckConstraint(condition=models.Q(('counted__isnull', True), ('counted__gte', 0), _connector='OR'), name='inventory_count_line_counted_not_negative', violation_error_message='Nobody counts less than nothing.'), models.CheckConstraint(condition=models.Q(('state__in', ['to_count', 'to_recount']), models.Q(('counted__isnull', False), ('expected__isnull', False)), ('is_open', False), _connector='OR'), name='inventory_count_line_decided_when_counted', violation_error_message='What is decided was counted.')],
            },
        ),
        migrations.CreateModel(
            name='CountEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField()),
                ('quantity', models.BigIntegerField()),
                ('expected', models.BigIntegerField()),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='inventory.countline')),
            ],
            options={
                'verbose_name_plural': 'count entries',
                'constraints': [models.UniqueConstraint(fields=('line', 'round'), name='inventory_count_entry_once'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='inventory_count_entry_not_negative', violation_error_message='Nobody counts less than nothing.')],
            },
        ),
        migrations.CreateModel(
            name='CountPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tolerance_units', models.PositiveIntegerField(default=0)),
                ('tolerance_percent', models.DecimalField(decimal_places=2, default=Decimal(2), max_digits=5)),
                ('tolerance_value', models.DecimalField(decimal_places=4, default=Decimal(25), max_digits=18)),
                ('measure', models.CharField(choices=[('value', 'Value'), ('quantity', 'Quantity')], default='value', max_length=8)),
                ('window_days', models.PositiveSmallIntegerField(default=365)),
                ('a_share', models.DecimalField(decimal_places=2, default=Decimal(80), max_digits=5, verbose_name='A up to (%)')),
                ('b_share', models.DecimalField(decimal_places=2, default=Decimal(95), max_digits=5, verbose_name='B up to (%)')),
                ('a_days', models.PositiveSmallIntegerField(default=30, verbose_name='count A every (days)')),
                ('b_days', models.PositiveSmallIntegerField(default=90, verbose_name='count B every (days)')),
                ('c_days', models.PositiveSmallIntegerField(default=180, verbose_name='count C every (days)')),
                ('lines_per_count', models.PositiveSmallIntegerField(default=40)),
                ('location', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='count_policy', to='inventory.location')),
            ],
            options={
                'verbose_name_plural': 'count policies',
                'constraints': [models.CheckConstraint(condition=models.Q(('a_share__gt', 0), ('a_share__lte', models.F('b_share')), ('b_share__lte', 100)), name='inventory_count_policy_shares_in_order', violation_error_message='0 < A <= B <= 100 per cent.'), models.CheckConstraint(condition=models.Q(('a_days__gt', 0), ('b_days__gt', 0), ('c_days__gt', 0), ('window_days__gt', 0), ('lines_per_count__gt', 0)), name='inventory_count_policy_days_positive', violation_error_message='Days and lines are at least 1.')],
            },
        ),
        migrations.CreateModel(
            name='CountSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('abc_class', models.CharField(choices=[('A', 'A'), ('B', 'B'), ('C', 'C')], max_length=1, verbose_name='class')),
                ('issued_quantity', models.BigIntegerField(default=0)),
                ('issued_value', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('classified_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('counted_at', models.DateTimeField(blank=True, null=True)),
                ('due_on', models.DateField()),
                ('level', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='count_schedule', to='inventory.stocklevel')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
            ],
            options={
                'indexes': [models.Index(fields=['location', 'due_on'], name='inventory_count_due')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCount',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('tolerance_units', models.PositiveIntegerField(default=0)),
                ('tolerance_percent', models.DecimalField(decimal_places=2, default=Decimal(2), max_digits=5)),
                ('tolerance_value', models.DecimalField(decimal_places=4, default=Decimal(25), max_digits=18)),
                ('number', models.CharField(db_index=True, max_length=20)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('counting', 'Counting'), ('recount', 'Recount'), ('to_approve', 'To Approve'), ('posted', 'Posted'), ('cancelled', 'Cancelled')], default='planned', max_length=12)),
                ('cause', models.CharField(choices=[('cycle', 'Cycle'), ('requested', 'Requested'), ('rejected', 'Rejected')], default='cycle', max_length=10)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('due_on', models.DateField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('counted_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('assigned_to', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
            ],
            options={
                'verbose_name': 'historical count',
                'verbose_name_plural': 'historical counts',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalCountPolicy',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('tolerance_units', models.PositiveIntegerField(default=0)),
                ('tolerance_percent', models.DecimalField(decimal_places=2, default=Decimal(2), max_digits=5)),
                ('tolerance_value', models.DecimalField(decimal_places=4, default=Decimal(25), max_digits=18)),
                ('measure', models.CharField(choices=[('value', 'Value'), ('quantity', 'Quantity')], default='value', max_length=8)),
                ('window_days', models.PositiveSmallIntegerField(default=365)),
                ('a_share', models.DecimalField(decimal_places=2, default=Decimal(80), max_digits=5, verbose_name='A up to (%)')),
                ('b_share', models.DecimalField(decimal_places=2, default=Decimal(95), max_digits=5, verbose_name='B up to (%)')),
                ('a_days', models.PositiveSmallIntegerField(default=30, verbose_name='count A every (days)')),
                ('b_days', models.PositiveSmallIntegerField(default=90, verbose_name='count B every (days)')),
                ('c_days', models.PositiveSmallIntegerField(default=180, verbose_name='count C every (days)')),
                ('lines_per_count', models.PositiveSmallIntegerField(default=40)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
            ],
            options={
                'verbose_name': 'historical count policy',
                'verbose_name_plural': 'historical count policies',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
