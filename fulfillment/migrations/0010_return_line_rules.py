import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0009_return_reasons")]
    operations = [
        migrations.RemoveConstraint(
            model_name='returnline',
            name='fulfillment_return_line_outcomes_within_quantity',
        ),
        migrations.AlterField(
            model_name='returnline',
            name='reason',
            field=models.ForeignKey(db_column='reason', on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='fulfillment.returnreason', to_field='code'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('restocked'), '+', models.F('quarantined')), '+', models.F('scrapped')), '+', models.F('sent_back')), '+', models.F('given_up')))), name='fulfillment_return_line_outcomes_within_quantity', violation_error_message='No more units have an outcome than were announced.'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('accepted__gte', 0), ('refused__gte', 0), ('given_up__gte', 0), ('quarantined__gte', django.db.models.expressions.CombinedExpression(models.F('accepted'), '+', models.F('refused')))), name='fulfillment_return_line_inspected_within_quarantined', violation_error_message='Quarantined units are inspected once.'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('charged__gte', 0), ('charged__lte', models.F('credited')), ('credited__lte', models.F('quantity'))), name='fulfillment_return_line_credited_within_quantity', violation_error_message='charged <= credited <= quantity.'),
        ),
    ]
