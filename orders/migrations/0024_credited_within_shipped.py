from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0023_credited_as_returned")]
    operations = [
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('credited__gte', 0), ('credited__lte', models.F('shipped'))), name='orders_line_credited_within_shipped', violation_error_message='No more units are credited than were shipped.'),
        ),
    ]
