
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0012_rule_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='company',
            name='credit_currency',
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name='company',
            name='credit_limit',
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='company',
            name='needs_purchase_order',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='company',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='customers.company'),
        ),
        migrations.AddField(
            model_name='company',
            name='repeated_number',
            field=models.CharField(choices=[('hold', 'Wait for a person'), ('warn', 'Go on, with a tag')], default='hold', max_length=4),
        ),
        migrations.AddField(
            model_name='company',
            name='shares_credit',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='credit_currency',
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='credit_limit',
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='needs_purchase_order',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='parent',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.company'),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='repeated_number',
            field=models.CharField(choices=[('hold', 'Wait for a person'), ('warn', 'Go on, with a tag')], default='hold', max_length=4),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='shares_credit',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='Buyer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('buyer', 'Buyer'), ('approver', 'Approver')], default='buyer', max_length=10)),
                ('order_limit', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ('period_limit', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ('period_days', models.PositiveSmallIntegerField(default=30)),
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='buyer', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='HistoricalBuyer',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('role', models.CharField(choices=[('buyer', 'Buyer'), ('approver', 'Approver')], default='buyer', max_length=10)),
                ('order_limit', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ('period_limit', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ('period_days', models.PositiveSmallIntegerField(default=30)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical buyer',
                'verbose_name_plural': 'historical buyers',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalPaymentTerms',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(max_length=20)),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('net', 'Days after the invoice'), ('end_of_month', "Days after the end of the invoice's month"), ('prepayment', 'Before anything is released')], default='net', max_length=14)),
                ('days', models.PositiveSmallIntegerField(default=0, help_text='After the invoice, or after the end of its month.')),
                ('discount_percent', models.DecimalField(decimal_places=2, default=0, help_text='Taken off when it is paid within the days of the discount. 0: nothing.', max_digits=5)),
                ('discount_days', models.PositiveSmallIntegerField(default=0, verbose_name='days of the discount')),
                ('is_active', models.BooleanField(default=True, verbose_name='offered')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical payment terms',
                'verbose_name_plural': 'historical payment terms',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PaymentTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('net', 'Days after the invoice'), ('end_of_month', "Days after the end of the invoice's month"), ('prepayment', 'Before anything is released')], default='net', max_length=14)),
                ('days', models.PositiveSmallIntegerField(default=0, help_text='After the invoice, or after the end of its month.')),
                ('discount_percent', models.DecimalField(decimal_places=2, default=0, help_text='Taken off when it is paid within the days of the discount. 0: nothing.', max_digits=5)),
                ('discount_days', models.PositiveSmallIntegerField(default=0, verbose_name='days of the discount')),
                ('is_active', models.BooleanField(default=True, verbose_name='offered')),
            ],
            options={
                'verbose_name_plural': 'payment terms',
                'constraints': [models.CheckConstraint(condition=models.Q(('days__lte', 365), ('discount_days__lte', 365)), name='customers_terms_within_a_year', violation_error_message='Payment is due within 365 days.'), models.CheckConstraint(condition=models.Q(('discount_percent__gte', 0), ('discount_percent__lt', 100)), name='customers_terms_discount', violation_error_message='A discount is at least 0 and less than 100 per cent.')],
            },
        ),
        migrations.AddField(
            model_name='company',
            name='terms',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.paymentterms'),
        ),
        migrations.AddField(
            model_name='historicalcompany',
            name='terms',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.paymentterms'),
        ),
        migrations.AddConstraint(
            model_name='company',
            constraint=models.CheckConstraint(condition=models.Q(('parent', None), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='customers_company_not_its_own_parent', violation_error_message='A company does not belong to itself.'),
        ),
        migrations.AddConstraint(
            model_name='company',
            constraint=models.CheckConstraint(condition=models.Q(('credit_limit', None), models.Q(('credit_limit__gte', 0), models.Q(('credit_currency', ''), _negated=True)), _connector='OR'), name='customers_company_credit_limit', violation_error_message='A credit limit is not negative and has a currency.'),
        ),
        migrations.AddConstraint(
            model_name='company',
            constraint=models.CheckConstraint(condition=models.Q(('shares_credit', False), models.Q(('credit_limit', None), ('parent__isnull', False)), _connector='OR'), name='customers_company_shares_or_owns', violation_error_message="A company has a limit of its own, or uses its parent's."),
        ),
        migrations.AddConstraint(
            model_name='buyer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('order_limit', None), ('order_limit__gte', 0), _connector='OR'), models.Q(('period_limit', None), ('period_limit__gte', 0), _connector='OR')), name='customers_buyer_limits_not_negative', violation_error_message='A spending limit is not negative.'),
        ),
        migrations.AddConstraint(
            model_name='buyer',
            constraint=models.CheckConstraint(condition=models.Q(('period_days__gte', 1), ('period_days__lte', 366)), name='customers_buyer_period', violation_error_message='A period has 1 to 366 days.'),
        ),
    ]
