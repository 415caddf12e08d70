"""Receipts that were booked by mistake: when, by whom and why they were taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0032_selling_limits'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='goodsreceipt',
            name='inventory_receipt_once_per_purchase_order',
        ),
        migrations.RemoveConstraint(
            model_name='goodsreceipt',
            name='inventory_receipt_once_blind',
        ),
        migrations.AddField(
            model_name='goodsreceipt',
            name='undone_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='goodsreceipt',
            name='undone_by',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='goodsreceipt',
            name='undone_why',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddConstraint(
            model_name='goodsreceipt',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('reference', ''), _negated=True), ('purchase_order__isnull', False), ('undone_at__isnull', True)), fields=('purchase_order', 'reference'), name='inventory_receipt_once_per_purchase_order', violation_error_message='This delivery is already received.'),
        ),
        migrations.AddConstraint(
            model_name='goodsreceipt',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('reference', ''), _negated=True), ('purchase_order__isnull', True), ('transfer__isnull', True), ('undone_at__isnull', True)), fields=('location', 'reference'), name='inventory_receipt_once_blind', violation_error_message='This delivery is already received.'),
        ),
        migrations.AddConstraint(
            model_name='goodsreceipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at', None), ('undone_by', '')), models.Q(('transfer__isnull', True), ('undone_at__isnull', False), models.Q(('undone_by', ''), _negated=True)), _connector='OR'), name='inventory_receipt_undone_by_somebody', violation_error_message='An undone receipt says by whom, and is of no transfer.'),
        ),
    ]
