"""How many rows an inventory report has, so that a list of reports need not read them."""

from django.db import migrations, models


def count(apps, schema_editor):
    """Count the rows of the reports there are."""
    for report in apps.get_model("inventory", "InventoryReport").objects.only("rows").iterator():
        report.num_rows = len(report.rows)
        report.save(update_fields=["num_rows"])


class Migration(migrations.Migration):

    dependencies = [("inventory", "0028_inventory_reports")]

    operations = [
        migrations.AddField(
            model_name="inventoryreport",
            name="num_rows",
            field=models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunPython(count, migrations.RunPython.noop, elidable=True),
    ]
