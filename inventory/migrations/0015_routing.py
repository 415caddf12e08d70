import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import inventory.models.service
import simple_history.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0014_supply_roles'),
        ('oms', '__first__'),
        ('orders', '0007_soft_reservation_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='HolidayCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
            ],
        ),
        migrations.AddField(
            model_name='historicalproduct',
            name='goods_class',
            field=models.CharField(blank=True, help_text='What routing must know of it: hazardous, food, bulky ... Empty: nothing.', max_length=20),
        ),
        migrations.AddField(
            model_name='product',
            name='goods_class',
            field=models.CharField(blank=True, help_text='What routing must know of it: hazardous, food, bulky ... Empty: nothing.', max_length=20),
        ),
        migrations.CreateModel(
            name='HistoricalLocationService',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('capacity', models.PositiveIntegerField(blank=True, help_text='Empty: no limit. 0: takes no orders.', null=True, verbose_name='orders a day')),
                ('weekdays', models.CharField(default='1234567', help_text='1 is Monday, 7 is Sunday: 12345 works from Monday to Friday.', max_length=7, validators=[django.core.validators.RegexValidator('^[1-7]{1,7}$', 'Digits from 1 (Monday) to 7 (Sunday).')], verbose_name='working days')),
                ('lead_days', models.PositiveSmallIntegerField(default=0, help_text='Working days from taking an order on until it leaves.')),
                ('shipping_base', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='shipping, a parcel')),
                ('shipping_per_100km', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='shipping, a parcel and 100 km')),
                ('shipping_per_kg', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='shipping, a kg')),
                ('handling_per_parcel', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='handling, a parcel')),
                ('handling_per_unit', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='handling, a unit')),
                ('offers_pickup', models.BooleanField(default=False, verbose_name='buyers may collect here')),
                ('accuracy', models.DecimalField(decimal_places=4, default=Decimal(1), editable=False, help_text='Units found of units asked for, last 90 days.', max_digits=5)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('calendar', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.holidaycalendar')),
            ],
            options={
                'verbose_name': 'historical location service',
                'verbose_name_plural': 'historical location services',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='LocationGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('locations', models.ManyToManyField(blank=True, related_name='groups', to='inventory.location')),
            ],
        ),
        migrations.CreateModel(
            name='RoutingRuleSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('name', models.CharField(max_length=100)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('retired', 'Retired')], default='draft', max_length=8)),
                ('stamp', models.UUIDField(default=inventory.models.service.fresh_stamp, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('created_by', models.CharField(max_length=80)),
                ('activated_at', models.DateTimeField(blank=True, null=True)),
                ('activated_by', models.CharField(blank=True, max_length=80)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('based_on', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.routingruleset')),
            ],
            options={
                'verbose_name': 'routing rules',
                'verbose_name_plural': 'routing rules',
                'permissions': [('edit_routing', 'Can draft and simulate routing rules'), ('activate_routing', 'Can put routing rules in force')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('state',), name='inventory_rule_set_one_active', violation_error_message='One set of rules is in force at a time.'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'active', 'retired'])), name='inventory_rule_set_state_known', violation_error_message='A rule set has one of the known states.')],
            },
        ),
        migrations.CreateModel(
            name='RoutingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=100)),
                ('conditions', models.JSONField(default=dict)),
                ('groups', models.JSONField(blank=True, default=list)),
                ('without', models.JSONField(blank=True, default=list)),
                ('max_km', models.PositiveIntegerField(blank=True, null=True, verbose_name='at most km away')),
                ('leaves_within', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='leaves within days')),
                ('keeps_back', models.PositiveIntegerField(default=0, verbose_name='units kept back')),
                ('min_accuracy', models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True, verbose_name='accuracy at least')),
                ('minds_capacity', models.BooleanField(default=True, verbose_name='minds orders a day')),
                ('ranking', models.JSONField(default=dict)),
                ('max_parcels', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most parcels')),
                ('min_parcel_value', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name='a parcel of several is worth at least')),
                ('one_country', models.BooleanField(default=False, verbose_name='all from one country')),
                ('apart', models.JSONField(blank=True, default=list, verbose_name='classes kept apart')),
                ('on_failure', models.CharField(choices=[('next', 'Try the next rule'), ('split', 'Split into as many parcels as it takes'), ('backorder', 'Serve what it can; the rest waits for stock'), ('hold', 'Serve nothing; put the order on hold'), ('queue', 'Serve nothing; queue it for a person')], default='backorder', max_length=10)),
                ('rule_set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='inventory.routingruleset')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rule_set', 'position'), name='inventory_rule_position'), models.CheckConstraint(condition=models.Q(('on_failure__in', ['next', 'split', 'backorder', 'hold', 'queue'])), name='inventory_rule_on_failure_known', violation_error_message='A rule does one of the known things when it fails.'), models.CheckConstraint(condition=models.Q(('max_parcels', None), ('max_parcels__gt', 0), _connector='OR'), name='inventory_rule_max_parcels_positive', violation_error_message='At least one parcel.'), models.CheckConstraint(condition=models.Q(('min_accuracy', None), models.Q(('min_accuracy__gte', 0), ('min_accuracy__lte', 1)), _connector='OR'), name='inventory_rule_accuracy_share', violation_error_message='Accuracy is a share between 0 and 1.')],
            },
        ),
        migrations.CreateModel(
            name='SourcingDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('cause', models.CharField(max_length=12)),
                ('rule', models.PositiveBigIntegerField(default=0)),
                ('verdict', models.CharField(choices=[('complete', 'Complete'), ('partial', 'Partial'), ('none', 'None'), ('hold', 'Hold'), ('queue', 'Queue')], max_length=8)),
                ('record', models.JSONField(default=dict)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sourcing_decisions', to='orders.order')),
                ('rule_set', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.routingruleset')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('verdict__in', ['complete', 'partial', 'none', 'hold', 'queue'])), name='inventory_decision_verdict_known', violation_error_message='A decision has one of the known verdicts.')],
            },
        ),
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('name', models.CharField(blank=True, max_length=100)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='inventory.holidaycalendar')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('calendar', 'day'), name='inventory_holiday_once', violation_error_message='This day is in the calendar already.')],
            },
        ),
        migrations.CreateModel(
            name='LocationDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('orders', models.PositiveIntegerField(default=0)),
                ('found', models.BigIntegerField(default=0)),
                ('missed', models.BigIntegerField(default=0)),
                ('location', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='inventory.location')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('location', 'day'), name='inventory_day_once')],
            },
        ),
        migrations.CreateModel(
            name='LocationService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('capacity', models.PositiveIntegerField(blank=True, help_text='Empty: no limit. 0: takes no orders.', null=True, verbose_name='orders a day')),
                ('weekdays', models.CharField(default='1234567', help_text='1 is Monday, 7 is Sunday: 12345 works from Monday to Friday.', max_length=7, validators=[django.core.validators.RegexValidator('^[1-7]{1,7}$', 'Digits from 1 (Monday) to 7 (Sunday).')], verbose_name='working days')),
                ('lead_days', models.PositiveSmallIntegerField(default=0, help_text='Working days from taking an order on until it leaves.')),
                ('shipping_base', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='shipping, a parcel')),
                ('shipping_per_100km', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='shipping, a parcel and 100 km')),
                ('shipping_per_kg', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='shipping, a kg')),
                ('handling_per_parcel', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='handling, a parcel')),
                ('handling_per_unit', models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name='handling, a unit')),
                ('offers_pickup', models.BooleanField(default=False, verbose_name='buyers may collect here')),
                ('accuracy', models.DecimalField(decimal_places=4, default=Decimal(1), editable=False, help_text='Units found of units asked for, last 90 days.', max_digits=5)),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='inventory.holidaycalendar')),
                ('location', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='service', to='inventory.location')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('accuracy__gte', 0), ('accuracy__lte', 1)), name='inventory_service_accuracy_share', violation_error_message='Accuracy is a share between 0 and 1.'), models.CheckConstraint(condition=models.Q(('shipping_base__gte', 0), ('shipping_per_100km__gte', 0), ('shipping_per_kg__gte', 0), ('handling_per_parcel__gte', 0), ('handling_per_unit__gte', 0)), name='inventory_service_costs_not_negative', violation_error_message='Costs are not negative.')],
            },
        ),
    ]
