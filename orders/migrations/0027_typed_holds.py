import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0026_shipped_hold_types'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='hold',
            name='orders_hold_one_open',
        ),
        migrations.RemoveIndex(
            model_name='hold',
            name='orders_hold_open',
        ),
        migrations.AlterField(
            model_name='hold',
            name='kind',
            field=models.CharField(db_column='kind', max_length=20),
        ),
        migrations.RenameField(
            model_name='hold',
            old_name='kind',
            new_name='type',
        ),
        migrations.AlterField(
            model_name='hold',
            name='type',
            field=models.ForeignKey(db_column='kind', db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='orders.holdtype', to_field='code'),
        ),
        migrations.AddField(
            model_name='hold',
            name='asked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='claimed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='claimed_by',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='hold',
            name='escalate_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='escalated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='hold',
            name='failed_test_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('lifted_at', None)), fields=['type', 'placed_at'], name='orders_hold_open'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('lifted_at', None)), fields=['due_at', 'id'], name='orders_hold_due'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('escalate_at__isnull', False), ('escalated_at', None), ('lifted_at', None)), fields=['escalate_at'], name='orders_hold_to_escalate'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('order', 'type', 'handle'), name='orders_hold_one_open', violation_error_message='This hold is already open.'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('claimed_at', None), ('claimed_by', '')), models.Q(models.Q(('claimed_by', ''), _negated=True), ('claimed_at__isnull', False)), _connector='OR'), name='orders_hold_claim_whole', violation_error_message='A claim says who and since when.'),
        ),
    ]
