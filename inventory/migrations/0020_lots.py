import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0019_fences'),
        ('oms', '__first__'),
        ('orders', '0008_channel_notifies_customers'),
    ]

    operations = [
        migrations.CreateModel(
            name='LotStock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('condition', models.CharField(choices=[('available', 'Available'), ('quarantined', 'Quarantined'), ('damaged', 'Damaged')], default='available', max_length=12)),
                ('quantity', models.BigIntegerField(default=0)),
                ('is_serial', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name_plural': 'lot stock',
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='inventory_lot_stock_not_negative', violation_error_message='No lot has less than nothing.'), models.CheckConstraint(condition=models.Q(('is_serial', False), ('quantity__lte', 1), _connector='OR'), name='inventory_lot_stock_serial_is_one_unit', violation_error_message='A serial number is one unit.')],
            },
        ),
        migrations.AddField(
            model_name='historicalproduct',
            name='tracking',
            field=models.CharField(choices=[('none', 'None'), ('lot', 'Lot'), ('serial', 'Serial')], db_default='none', default='none', max_length=6),
        ),
        migrations.AddField(
            model_name='product',
            name='tracking',
            field=models.CharField(choices=[('none', 'None'), ('lot', 'Lot'), ('serial', 'Serial')], db_default='none', default='none', max_length=6),
        ),
        migrations.CreateModel(
            name='HistoricalLot',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('manufactured_on', models.DateField(blank=True, null=True)),
                ('supplier_reference', models.CharField(blank=True, max_length=80)),
                ('is_held', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.product')),
            ],
            options={
                'verbose_name': 'historical lot',
                'verbose_name_plural': 'historical lots',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('manufactured_on', models.DateField(blank=True, null=True)),
                ('supplier_reference', models.CharField(blank=True, max_length=80)),
                ('is_held', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.product')),
            ],
            options={
                'permissions': [('hold_lot', 'Can hold and release lots')],
                'indexes': [models.Index(fields=['code'], name='inventory_lot_code'), models.Index(condition=models.Q(('expires_on__isnull', False)), fields=['expires_on'], name='inventory_lot_expiry')],
                'constraints': [models.UniqueConstraint(fields=('product', 'code'), name='inventory_lot_unique', violation_error_message='This product has a lot with this code already.'), models.CheckConstraint(condition=models.Q(('expires_on', None), ('manufactured_on', None), ('expires_on__gte', models.F('manufactured_on')), _connector='OR'), name='inventory_lot_expires_after_it_was_made', violation_error_message='A lot expires after it was made.')],
            },
        ),
        migrations.AddField(
            model_name='stockmovement',
            name='lot',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.lot'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(condition=models.Q(('lot__isnull', False)), fields=['lot', '-id'], name='inventory_movement_lot'),
        ),
        migrations.AddField(
            model_name='lotstock',
            name='level',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lot_stock', to='inventory.stocklevel'),
        ),
        migrations.AddField(
            model_name='lotstock',
            name='lot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock', to='inventory.lot'),
        ),
        migrations.AddConstraint(
            model_name='lotstock',
            constraint=models.UniqueConstraint(fields=('level', 'lot', 'condition'), name='inventory_lot_stock_unique'),
        ),
        migrations.AddConstraint(
            model_name='lotstock',
            constraint=models.UniqueConstraint(condition=models.Q(('is_serial', True), ('quantity__gt', 0)), fields=('lot',), name='inventory_lot_stock_serial_in_one_place', violation_error_message='A serial number is in one place.'),
        ),
    ]
