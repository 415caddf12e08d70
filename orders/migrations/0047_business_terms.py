
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0013_company_tree'),
        ('orders', '0046_codes_in_use'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='order',
            options={'permissions': [('release_order', 'Can release orders to locations'), ('cancel_order', 'Can cancel orders and lines'), ('correct_order', 'Can map SKUs and correct addresses'), ('tag_order', 'Can tag orders'), ('approve_order', 'Can approve and decline what buyers order for companies')]},
        ),
        migrations.CreateModel(
            name='Business',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purchase_order_number', models.CharField(blank=True, max_length=60)),
                ('terms', models.JSONField(default=dict)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='holdtype',
            name='orders_hold_type_test_known',
        ),
        migrations.RemoveConstraint(
            model_name='holdtype',
            name='orders_hold_type_in_use_stays_on',
        ),
        migrations.AddField(
            model_name='channel',
            name='terms',
            field=models.ForeignKey(blank=True, help_text='For buyers who have none of their own. Empty: paid at once.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.paymentterms', verbose_name='payment terms'),
        ),
        migrations.AddField(
            model_name='draftorder',
            name='purchase_order_number',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='historicalchannel',
            name='terms',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='For buyers who have none of their own. Empty: paid at once.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.paymentterms', verbose_name='payment terms'),
        ),
        migrations.AddField(
            model_name='historicaldraftorder',
            name='purchase_order_number',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name='historicalholdtype',
            name='test',
            field=models.CharField(blank=True, choices=[('sku_known', 'Every SKU is known'), ('address_complete', 'Address complete'), ('paid', 'Paid or authorised'), ('credit_free', 'Within the credit limit'), ('prepaid', 'Paid or authorised, promises not counted'), ('number_given', 'Purchase order number given and new'), ('due', 'Its due time has come'), ('condition', 'A condition of its own')], help_text='Asked after everything that happens to the order, and again every minute.', max_length=20, verbose_name='lifts itself when'),
        ),
        migrations.AlterField(
            model_name='holdtype',
            name='test',
            field=models.CharField(blank=True, choices=[('sku_known', 'Every SKU is known'), ('address_complete', 'Address complete'), ('paid', 'Paid or authorised'), ('credit_free', 'Within the credit limit'), ('prepaid', 'Paid or authorised, promises not counted'), ('number_given', 'Purchase order number given and new'), ('due', 'Its due time has come'), ('condition', 'A condition of its own')], help_text='Asked after everything that happens to the order, and again every minute.', max_length=20, verbose_name='lifts itself when'),
        ),
        migrations.AddConstraint(
            model_name='holdtype',
            constraint=models.CheckConstraint(condition=models.Q(('is_active', True), models.Q(('code__in', ['unknown_sku', 'incomplete_address', 'price_mismatch', 'suspected_duplicate', 'credit_limit', 'review', 'fraud', 'customer_request', 'out_of_stock', 'routing', 'payment', 'approval', 'purchase_order', 'prepayment', 'other', 'remorse', 'cancelling']), _negated=True), _connector='OR'), name='orders_hold_type_in_use_stays_on', violation_error_message='A type that operations give by name stays switched on.'),
        ),
        migrations.AddConstraint(
            model_name='holdtype',
            constraint=models.CheckConstraint(condition=models.Q(('test', ''), ('test__in', ['sku_known', 'address_complete', 'paid', 'credit_free', 'prepaid', 'number_given', 'due', 'condition']), _connector='OR'), name='orders_hold_type_test_known', violation_error_message='A hold type has one of the known tests, or none.'),
        ),
        migrations.AddField(
            model_name='business',
            name='company',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.company'),
        ),
        migrations.AddField(
            model_name='business',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='business', to='orders.order'),
        ),
        migrations.AddIndex(
            model_name='business',
            index=models.Index(fields=['company', 'purchase_order_number'], name='orders_business_number'),
        ),
    ]
