import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0024_credited_within_shipped'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalHoldType',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(max_length=20)),
                ('name', models.CharField(max_length=60)),
                ('unblock', models.CharField(blank=True, help_text='One sentence for whoever looks after the order.', max_length=300, verbose_name='what would unblock this')),
                ('owner', models.CharField(blank=True, help_text='The role it is given to.', max_length=80, verbose_name='looked after by')),
                ('due_hours', models.PositiveIntegerField(blank=True, help_text='Empty: when whoever places it says.', null=True, verbose_name='due after, in hours')),
                ('escalate_hours', models.PositiveIntegerField(blank=True, help_text='Empty: it does not.', null=True, verbose_name='escalates after, in hours past due')),
                ('escalate_to', models.CharField(blank=True, help_text='The role that is told. Empty: its own.', max_length=80, verbose_name='escalates to')),
                ('test', models.CharField(blank=True, choices=[('sku_known', 'Every SKU is known'), ('address_complete', 'Address complete'), ('paid', 'Paid or authorised'), ('credit_free', 'Within the credit limit'), ('due', 'Its due time has come'), ('condition', 'A condition of its own')], help_text='Asked after everything that happens to the order, and again every minute.', max_length=20, verbose_name='lifts itself when')),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('stops_allocation', models.BooleanField(default=True, help_text='Off: the order gets stock while it waits, so that nobody else does.')),
                ('stops_capture', models.BooleanField(default=False, help_text='On: authorised money is not taken while it waits.')),
                ('lifted_by', models.CharField(choices=[('anyone', 'Whoever may lift holds'), ('owners', 'The group that looks after it'), ('nobody', 'Nobody: its test lifts it')], default='anyone', max_length=8, verbose_name='who lifts it')),
                ('needs_person', models.BooleanField(default=True, help_text='Off: nobody has to look, it only waits for its time.', verbose_name='stands among the exceptions')),
                ('is_active', models.BooleanField(default=True, verbose_name='offered')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical hold type',
                'verbose_name_plural': 'historical hold types',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HoldType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('unblock', models.CharField(blank=True, help_text='One sentence for whoever looks after the order.', max_length=300, verbose_name='what would unblock this')),
                ('owner', models.CharField(blank=True, help_text='The role it is given to.', max_length=80, verbose_name='looked after by')),
                ('due_hours', models.PositiveIntegerField(blank=True, help_text='Empty: when whoever places it says.', null=True, verbose_name='due after, in hours')),
                ('escalate_hours', models.PositiveIntegerField(blank=True, help_text='Empty: it does not.', null=True, verbose_name='escalates after, in hours past due')),
                ('escalate_to', models.CharField(blank=True, help_text='The role that is told. Empty: its own.', max_length=80, verbose_name='escalates to')),
                ('test', models.CharField(blank=True, choices=[('sku_known', 'Every SKU is known'), ('address_complete', 'Address complete'), ('paid', 'Paid or authorised'), ('credit_free', 'Within the credit limit'), ('due', 'Its due time has come'), ('condition', 'A condition of its own')], help_text='Asked after everything that happens to the order, and again every minute.', max_length=20, verbose_name='lifts itself when')),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('stops_allocation', models.BooleanField(default=True, help_text='Off: the order gets stock while it waits, so that nobody else does.')),
                ('stops_capture', models.BooleanField(default=False, help_text='On: authorised money is not taken while it waits.')),
                ('lifted_by', models.CharField(choices=[('anyone', 'Whoever may lift holds'), ('owners', 'The group that looks after it'), ('nobody', 'Nobody: its test lifts it')], default='anyone', max_length=8, verbose_name='who lifts it')),
                ('needs_person', models.BooleanField(default=True, help_text='Off: nobody has to look, it only waits for its time.', verbose_name='stands among the exceptions')),
                ('is_active', models.BooleanField(default=True, verbose_name='offered')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='historicalholdtype',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='holdtype',
            constraint=models.CheckConstraint(condition=models.Q(('is_active', True), models.Q(('code__in', ['unknown_sku', 'incomplete_address', 'price_mismatch', 'suspected_duplicate', 'credit_limit', 'review', 'fraud', 'customer_request', 'out_of_stock', 'routing', 'other', 'remorse', 'cancelling']), _negated=True), _connector='OR'), name='orders_hold_type_in_use_stays_on', violation_error_message='A type that operations give by name stays switched on.'),
        ),
        migrations.AddConstraint(
            model_name='holdtype',
            constraint=models.CheckConstraint(condition=models.Q(('test', ''), ('test__in', ['sku_known', 'address_complete', 'paid', 'credit_free', 'due', 'condition']), _connector='OR'), name='orders_hold_type_test_known', violation_error_message='A hold type has one of the known tests, or none.'),
        ),
        migrations.AddConstraint(
            model_name='holdtype',
            constraint=models.CheckConstraint(condition=models.Q(('lifted_by__in', ['anyone', 'owners']), models.Q(('lifted_by', 'nobody'), models.Q(('test', ''), _negated=True)), _connector='OR'), name='orders_hold_type_can_end', violation_error_message='What nobody may lift needs a test that does.'),
        ),
    ]
