import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0001_initial'),
        ('inventory', '0001_initial'),
        ('oms', '__first__'),
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DocumentSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('credit_note', 'Credit Note')], max_length=12)),
                ('fiscal_year', models.CharField(max_length=7)),
                ('last_number', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'document series',
            },
        ),
        migrations.CreateModel(
            name='LegalEntity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('line1', models.CharField(blank=True, max_length=200)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('postcode', models.CharField(blank=True, max_length=20)),
                ('region', models.CharField(blank=True, max_length=40)),
                ('country', models.CharField(max_length=2)),
                ('currency', models.CharField(max_length=3)),
                ('tax_id', models.CharField(blank=True, max_length=20, verbose_name='VAT number or GSTIN')),
                ('time_zone', models.CharField(default='UTC', max_length=40)),
                ('fiscal_year_start_month', models.PositiveSmallIntegerField(default=1)),
                ('invoice_prefix', models.CharField(blank=True, max_length=6)),
                ('oss_from', models.DateField(blank=True, help_text='Distance sales inside the EU are taxed at destination from this day on.', null=True, verbose_name='One-Stop Shop from')),
            ],
            options={
                'verbose_name_plural': 'legal entities',
            },
        ),
        migrations.CreateModel(
            name='HistoricalLegalEntity',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('line1', models.CharField(blank=True, max_length=200)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('postcode', models.CharField(blank=True, max_length=20)),
                ('region', models.CharField(blank=True, max_length=40)),
                ('country', models.CharField(max_length=2)),
                ('currency', models.CharField(max_length=3)),
                ('tax_id', models.CharField(blank=True, max_length=20, verbose_name='VAT number or GSTIN')),
                ('time_zone', models.CharField(default='UTC', max_length=40)),
                ('fiscal_year_start_month', models.PositiveSmallIntegerField(default=1)),
                ('invoice_prefix', models.CharField(blank=True, max_length=6)),
                ('oss_from', models.DateField(blank=True, help_text='Distance sales inside the EU are taxed at destination from this day on.', null=True, verbose_name='One-Stop Shop from')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical legal entity',
                'verbose_name_plural': 'historical legal entities',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('sequence', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('credit_note', 'Credit Note')], max_length=12)),
                ('source', models.CharField(max_length=40, unique=True)),
                ('sealed', models.BinaryField(null=True)),
                ('seller', models.JSONField(default=dict)),
                ('currency', models.CharField(max_length=3)),
                ('net', models.DecimalField(decimal_places=4, max_digits=18)),
                ('tax', models.DecimalField(decimal_places=4, max_digits=18)),
                ('gross', models.DecimalField(decimal_places=4, max_digits=18)),
                ('tax_groups', models.JSONField(default=list)),
                ('notes', models.JSONField(default=list)),
                ('issued_on', models.DateField()),
                ('supplied_on', models.DateField()),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('digest', models.CharField(max_length=64)),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='compliance.invoice')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='orders.order')),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='compliance.documentseries')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.datasubject')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='compliance.legalentity')),
            ],
            options={
                'indexes': [models.Index(fields=['-issued_on', '-id'], name='compliance_issued')],
                'constraints': [models.UniqueConstraint(fields=('series', 'sequence'), name='compliance_invoice_sequence_unique')],
            },
        ),
        migrations.CreateModel(
            name='EntityLocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('location', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='entity_link', to='inventory.location')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locations', to='compliance.legalentity')),
            ],
        ),
        migrations.AddField(
            model_name='documentseries',
            name='entity',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='series', to='compliance.legalentity'),
        ),
        migrations.CreateModel(
            name='PrivacyRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('export', 'Export'), ('erasure', 'Erasure')], max_length=8)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('requested_by', models.CharField(max_length=80)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_on', models.DateField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='privacy_requests', to='customers.datasubject')),
            ],
        ),
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(choices=[('eu_vat', 'EU VAT'), ('uk_vat', 'UK VAT'), ('in_gst', 'India GST')], max_length=8)),
                ('territory', models.CharField(max_length=6)),
                ('tax_class', models.CharField(max_length=20)),
                ('rate', models.DecimalField(decimal_places=3, max_digits=6)),
                ('category', models.CharField(choices=[('S', 'Standard or reduced rate'), ('Z', 'Zero rated'), ('E', 'Exempt'), ('AE', 'Reverse charge'), ('K', 'Intra-Community supply'), ('G', 'Export outside the EU'), ('O', 'Outside the scope of tax')], default='S', max_length=2)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('source', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scheme', 'territory', 'tax_class', 'valid_from'), name='compliance_rate_unique'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='compliance_rate_period', violation_error_message='A rate ends after it begins.'), models.CheckConstraint(condition=models.Q(('rate__gte', 0)), name='compliance_rate_not_negative', violation_error_message='A rate is not negative.')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('sku', models.CharField(blank=True, max_length=64)),
                ('name', models.CharField(max_length=200)),
                ('hs_code', models.CharField(blank=True, max_length=10)),
                ('quantity', models.BigIntegerField()),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=18)),
                ('net', models.DecimalField(decimal_places=4, max_digits=18)),
                ('category', models.CharField(choices=[('S', 'Standard or reduced rate'), ('Z', 'Zero rated'), ('E', 'Exempt'), ('AE', 'Reverse charge'), ('K', 'Intra-Community supply'), ('G', 'Export outside the EU'), ('O', 'Outside the scope of tax')], max_length=2)),
                ('rate', models.DecimalField(decimal_places=3, max_digits=6)),
                ('tax', models.DecimalField(decimal_places=4, max_digits=18)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='compliance.invoice')),
                ('order_line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoice_lines', to='orders.orderline')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('invoice', 'position'), name='compliance_invoice_line_position')],
            },
        ),
        migrations.AddConstraint(
            model_name='documentseries',
            constraint=models.UniqueConstraint(fields=('entity', 'kind', 'fiscal_year'), name='compliance_series_unique'),
        ),
    ]
