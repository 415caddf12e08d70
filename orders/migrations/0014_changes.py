import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0013_draft_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('confirmed', 'Confirmed'), ('discarded', 'Discarded')], default='draft', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('base', models.PositiveIntegerField()),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
                ('outcome', models.JSONField(default=dict)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='orders.order')),
            ],
            options={
                'permissions': [('change_placed_order', 'Can change placed orders')],
                'indexes': [models.Index(fields=['order', '-id'], name='orders_change_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'confirmed', 'discarded'])), name='orders_change_status_known', violation_error_message='A change has one of the known states.'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='orders_change_decided_has_time', violation_error_message='A decided change says when it was decided.')],
            },
        ),
        migrations.CreateModel(
            name='OrderChangeStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('add_line', 'Add Line'), ('set_quantity', 'Set Quantity'), ('set_price', 'Set Price'), ('set_discount', 'Set Discount'), ('set_address', 'Set Address'), ('add_charge', 'Add Charge'), ('remove_charge', 'Remove Charge'), ('split_off', 'Split Off'), ('merge_from', 'Merge From')], max_length=16)),
                ('values', models.JSONField(default=dict)),
                ('sealed', models.BinaryField(null=True)),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='orders.orderchange')),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.orderline')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('change', 'position'), name='orders_change_step_position')],
            },
        ),
        migrations.CreateModel(
            name='OrderVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('sealed', models.BinaryField(null=True)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('change', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='orders.orderchange')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='orders.order')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('order', 'number'), name='orders_version_unique')],
            },
        ),
    ]
