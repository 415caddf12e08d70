import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_email_unique_and_permissions'),
        ('inventory', '0012_soft_reservations'),
        ('oms', '__first__'),
        ('orders', '0011_promises_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='DraftOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('open', 'Open'), ('submitted', 'Submitted'), ('discarded', 'Discarded')], default='open', max_length=10)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('sealed', models.BinaryField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('price_includes_tax', models.BooleanField()),
                ('goods_total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('charges_total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('tax_total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('ship_country', models.CharField(blank=True, max_length=2)),
                ('priority', models.SmallIntegerField(default=0)),
                ('tags', models.JSONField(blank=True, default=list)),
                ('quoted_at', models.DateTimeField(blank=True, null=True)),
                ('valid_until', models.DateTimeField(blank=True, null=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('reservation', models.CharField(blank=True, max_length=64)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='orders.channel')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='customers.customer')),
                ('order', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='draft', to='orders.order')),
                ('subject', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.datasubject')),
            ],
            options={
                'verbose_name': 'draft',
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['changed_at'], name='orders_draft_open'), models.Index(fields=['status', '-id'], name='orders_draft_status'), models.Index(fields=['customer', '-id'], name='orders_draft_customer')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('channel', 'external_id'), name='orders_draft_external_id_unique', violation_error_message='This channel has already sent this draft.'), models.CheckConstraint(condition=models.Q(models.Q(('order__isnull', False), ('status', 'submitted')), models.Q(models.Q(('status', 'submitted'), _negated=True), ('order', None)), _connector='OR'), name='orders_draft_submitted_has_order', violation_error_message='A submitted draft has its order, and no other draft has.'), models.CheckConstraint(condition=models.Q(models.Q(('quoted_at', None), ('valid_until', None)), models.Q(('quoted_at__isnull', False), ('valid_until__isnull', False)), _connector='OR'), name='orders_draft_quote_has_an_end', violation_error_message='A quote says until when it is valid.')],
            },
        ),
        migrations.CreateModel(
            name='DraftLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('sku', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('quantity', models.BigIntegerField()),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=18)),
                ('discount', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('tax_amount', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('total', models.DecimalField(decimal_places=4, max_digits=18)),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.draftorder')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('draft', 'position'), name='orders_draft_line_position'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='orders_draft_line_quantity_positive', violation_error_message='A line asks for at least one unit.')],
            },
        ),
        migrations.CreateModel(
            name='DraftCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('shipping', 'Shipping'), ('handling', 'Handling'), ('gift_wrap', 'Gift Wrap'), ('cod_fee', 'COD fee'), ('fee', 'Fee'), ('discount', 'Discount'), ('return', 'Return'), ('adjustment', 'Adjustment'), ('rounding', 'Rounding')], max_length=12)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=18)),
                ('tax_amount', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charges', to='orders.draftorder')),
            ],
        ),
        migrations.CreateModel(
            name='HistoricalDraftOrder',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('number', models.CharField(db_index=True, max_length=20)),
                ('external_id', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('open', 'Open'), ('submitted', 'Submitted'), ('discarded', 'Discarded')], default='open', max_length=10)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('sealed', models.BinaryField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('price_includes_tax', models.BooleanField()),
                ('goods_total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('charges_total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('tax_total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('total', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('ship_country', models.CharField(blank=True, max_length=2)),
                ('priority', models.SmallIntegerField(default=0)),
                ('tags', models.JSONField(blank=True, default=list)),
                ('quoted_at', models.DateTimeField(blank=True, null=True)),
                ('valid_until', models.DateTimeField(blank=True, null=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('reservation', models.CharField(blank=True, max_length=64)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('channel', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.channel')),
                ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.order')),
                ('subject', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.datasubject')),
            ],
            options={
                'verbose_name': 'historical draft',
                'verbose_name_plural': 'historical drafts',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
