"""How many days a location keeps goods that wait for their buyer."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0033_receipts_undone'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicallocationservice',
            name='pickup_days',
            field=models.PositiveSmallIntegerField(default=7, help_text='How long goods wait at the counter for their buyer.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='days kept'),
        ),
        migrations.AddField(
            model_name='locationservice',
            name='pickup_days',
            field=models.PositiveSmallIntegerField(default=7, help_text='How long goods wait at the counter for their buyer.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='days kept'),
        ),
        migrations.AddConstraint(
            model_name='locationservice',
            constraint=models.CheckConstraint(condition=models.Q(('pickup_days__gte', 1)), name='inventory_service_pickup_days_positive', violation_error_message='Goods are kept for a day or longer.'),
        ),
    ]
