"""All rows keep the checks of 0038; a table is read here while others write to it."""

from django.db import migrations

from oms.migrating import ValidateCheck


class Migration(migrations.Migration):
    dependencies = [("inventory", "0039_product_family")]
    operations = [
        ValidateCheck("costlayer", "inventory_cost_layer_value_not_negative"),
        ValidateCheck("levelcost", "inventory_level_cost_value_not_negative"),
        ValidateCheck("product", "inventory_product_unit_cost_not_negative"),
    ]
