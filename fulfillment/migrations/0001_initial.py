import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('inventory', '0001_initial'),
        ('oms', '__first__'),
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Carrier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('tracking_url', models.CharField(blank=True, help_text='With {number} where the tracking number goes.', max_length=300)),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='FulfillmentOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('picked', 'Picked'), ('packed', 'Packed'), ('shipped', 'Shipped'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled')], default='open', max_length=10)),
                ('reject_reason', models.CharField(blank=True, choices=[('not_in_stock', 'Not In Stock'), ('mismatch', 'Mismatch'), ('damaged', 'Damaged'), ('capacity', 'Capacity'), ('closed', 'Closed'), ('other', 'Other')], max_length=14)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('ship_by', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('picked_at', models.DateTimeField(blank=True, null=True)),
                ('packed_at', models.DateTimeField(blank=True, null=True)),
                ('shipped_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfillment_orders', to='inventory.location')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfillment_orders', to='orders.order')),
            ],
            options={
                'indexes': [models.Index(fields=['location', 'status', 'ship_by'], name='fulfillment_order_work')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['open', 'accepted', 'picked', 'packed', 'shipped', 'rejected', 'cancelled'])), name='fulfillment_order_status_known', violation_error_message='A fulfilment order has one of the known statuses.')],
            },
        ),
        migrations.CreateModel(
            name='FulfillmentOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.BigIntegerField()),
                ('picked', models.BigIntegerField(default=0)),
                ('packed', models.BigIntegerField(default=0)),
                ('shipped', models.BigIntegerField(default=0)),
                ('dropped', models.BigIntegerField(default=0)),
                ('fulfillment_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='fulfillment.fulfillmentorder')),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfillment_lines', to='orders.orderline')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('fulfillment_order', 'order_line'), name='fulfillment_line_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='fulfillment_line_quantity_positive', violation_error_message='At least one unit is asked for.'), models.CheckConstraint(condition=models.Q(('shipped__gte', 0), ('shipped__lte', models.F('packed')), ('packed__lte', models.F('picked')), ('dropped__gte', 0), ('picked__lte', django.db.models.expressions.CombinedExpression(models.F('quantity'), '-', models.F('dropped')))), name='fulfillment_line_quantities_in_order', violation_error_message='shipped <= packed <= picked <= quantity - dropped.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCarrier',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=100)),
                ('tracking_url', models.CharField(blank=True, help_text='With {number} where the tracking number goes.', max_length=300)),
                ('is_active', models.BooleanField(default=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical carrier',
                'verbose_name_plural': 'historical carriers',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalFulfillmentOrder',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('number', models.CharField(db_index=True, max_length=20)),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('picked', 'Picked'), ('packed', 'Packed'), ('shipped', 'Shipped'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled')], default='open', max_length=10)),
                ('reject_reason', models.CharField(blank=True, choices=[('not_in_stock', 'Not In Stock'), ('mismatch', 'Mismatch'), ('damaged', 'Damaged'), ('capacity', 'Capacity'), ('closed', 'Closed'), ('other', 'Other')], max_length=14)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('ship_by', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('picked_at', models.DateTimeField(blank=True, null=True)),
                ('packed_at', models.DateTimeField(blank=True, null=True)),
                ('shipped_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('order', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.order')),
            ],
            options={
                'verbose_name': 'historical fulfillment order',
                'verbose_name_plural': 'historical fulfillment orders',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalReturn',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('number', models.CharField(db_index=True, max_length=20)),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('declined', 'Declined'), ('received', 'Received'), ('closed', 'Closed')], default='requested', max_length=10)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('credit', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.location')),
                ('order', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.order')),
            ],
            options={
                'verbose_name': 'historical return',
                'verbose_name_plural': 'historical returns',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalShipment',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('number', models.CharField(db_index=True, max_length=20)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('tracking_number', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('shipped', 'Shipped'), ('in_transit', 'In Transit'), ('out_for_delivery', 'Out For Delivery'), ('exception', 'Exception'), ('delivered', 'Delivered'), ('returned_to_sender', 'Returned To Sender')], default='shipped', max_length=18)),
                ('weight_g', models.PositiveIntegerField(default=0)),
                ('shipped_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('carrier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fulfillment.carrier')),
                ('fulfillment_order', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fulfillment.fulfillmentorder')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.order')),
            ],
            options={
                'verbose_name': 'historical shipment',
                'verbose_name_plural': 'historical shipments',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Parcel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('weight_g', models.PositiveIntegerField(verbose_name='weight (g)')),
                ('length_mm', models.PositiveIntegerField(blank=True, null=True)),
                ('width_mm', models.PositiveIntegerField(blank=True, null=True)),
                ('height_mm', models.PositiveIntegerField(blank=True, null=True)),
                ('fulfillment_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parcels', to='fulfillment.fulfillmentorder')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('fulfillment_order', 'position'), name='fulfillment_parcel_position'), models.CheckConstraint(condition=models.Q(('weight_g__gt', 0)), name='fulfillment_parcel_weight_positive', violation_error_message='A parcel weighs something.')],
            },
        ),
        migrations.CreateModel(
            name='ParcelLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.BigIntegerField()),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parcel_lines', to='fulfillment.fulfillmentorderline')),
                ('parcel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='fulfillment.parcel')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='fulfillment_parcel_line_quantity_positive', violation_error_message='A parcel line holds at least one unit.')],
            },
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('declined', 'Declined'), ('received', 'Received'), ('closed', 'Closed')], default='requested', max_length=10)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('credit', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='inventory.location')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='orders.order')),
            ],
            options={
                'indexes': [models.Index(fields=['status', '-id'], name='fulfillment_return_status')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('order', 'reference'), name='fulfillment_return_reference_once', violation_error_message='This return is already recorded.')],
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('unwanted', 'Unwanted'), ('damaged', 'Damaged'), ('defective', 'Defective'), ('wrong_item', 'Wrong Item'), ('not_as_described', 'Not As Described'), ('late', 'Late'), ('undelivered', 'Undelivered'), ('other', 'Other')], max_length=18)),
                ('quantity', models.BigIntegerField()),
                ('restocked', models.BigIntegerField(default=0)),
                ('quarantined', models.BigIntegerField(default=0)),
                ('scrapped', models.BigIntegerField(default=0)),
                ('sent_back', models.BigIntegerField(default=0)),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='orders.orderline')),
                ('return_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='fulfillment.return')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('return_order', 'order_line'), name='fulfillment_return_line_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('restocked__gte', 0), ('quarantined__gte', 0), ('scrapped__gte', 0), ('sent_back__gte', 0)), name='fulfillment_return_line_quantities_positive', violation_error_message='Quantities are not negative.'), models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('restocked'), '+', models.F('quarantined')), '+', models.F('scrapped')), '+', models.F('sent_back')))), name='fulfillment_return_line_outcomes_within_quantity', violation_error_message='No more units have an outcome than were announced.')],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('tracking_number', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('shipped', 'Shipped'), ('in_transit', 'In Transit'), ('out_for_delivery', 'Out For Delivery'), ('exception', 'Exception'), ('delivered', 'Delivered'), ('returned_to_sender', 'Returned To Sender')], default='shipped', max_length=18)),
                ('weight_g', models.PositiveIntegerField(default=0)),
                ('shipped_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('carrier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='fulfillment.carrier')),
                ('fulfillment_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='fulfillment.fulfillmentorder')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.order')),
            ],
            options={
                'indexes': [models.Index(fields=['tracking_number'], name='fulfillment_shipment_tracking'), models.Index(fields=['status', 'shipped_at'], name='fulfillment_shipment_status')],
            },
        ),
        migrations.AddField(
            model_name='parcel',
            name='shipment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parcels', to='fulfillment.shipment'),
        ),
        migrations.CreateModel(
            name='TrackingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('shipped', 'Shipped'), ('in_transit', 'In Transit'), ('out_for_delivery', 'Out For Delivery'), ('exception', 'Exception'), ('delivered', 'Delivered'), ('returned_to_sender', 'Returned To Sender')], max_length=18)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('place', models.CharField(blank=True, max_length=120)),
                ('source', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tracking_events', to='fulfillment.shipment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shipment', 'source', 'status', 'code', 'at'), name='fulfillment_tracking_once')],
            },
        ),
    ]
