"""Stock levels of a product are found by the index of the unique constraint that begins with it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0043_routing_rules_have_versions")]

    operations = [
        migrations.AlterField(
            model_name="stocklevel",
            name="product",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="levels",
                to="inventory.product",
            ),
        ),
    ]
