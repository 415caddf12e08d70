"""Whoever asks again and again for messages since a time finds them without reading the table."""

from django.db import migrations, models

from oms.migrating import AddIndexMeanwhile


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0025_notification_label")]

    operations = [
        AddIndexMeanwhile(
            model_name="notification",
            index=models.Index(fields=["created_at", "id"], name="customers_notification_time"),
        ),
    ]
