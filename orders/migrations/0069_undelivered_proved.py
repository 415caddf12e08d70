"""All lines keep the checks of 0061 and 0068; they are read here while others write to them."""

from django.db import migrations

from oms.migrating import ValidateCheck


class Migration(migrations.Migration):
    dependencies = [("orders", "0068_made_good_units")]
    operations = [
        ValidateCheck("orderline", "orders_line_undelivered_within_shipped"),
        ValidateCheck("orderline", "orders_line_made_good_within_undelivered"),
    ]
