"""An entry of a cost has one cause, but for what 0037 repaired.

Databases on which 0037 ran before it took the earlier check off have it still.
"""

from django.db import migrations, models

from oms.migrating import AddCheck, RunDirectly

EARLIER = "inventory_cost_entry_one_cause"


def drop_earlier(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # elsewhere the table is made anew below
        schema_editor.execute(
            f"ALTER TABLE inventory_costentry DROP CONSTRAINT IF EXISTS {EARLIER}"
        )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0040_values_proved")]
    operations = [
        RunDirectly(drop_earlier, RunDirectly.noop, elidable=True),
        migrations.AlterField(
            model_name='costentry',
            name='basis',
            field=models.CharField(blank=True, choices=[('stated', 'Stated'), ('carried', 'Carried'), ('issued', 'Issued'), ('average', 'Average'), ('last', 'Last'), ('standard', 'Standard'), ('unknown', 'Unknown'), ('landed', 'Landed'), ('repaired', 'Repaired')], max_length=10),
        ),
        AddCheck(
            model_name='costentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('movement__isnull', False), ('landed_cost__isnull', False), _connector='XOR'), models.Q(('basis', 'repaired'), ('landed_cost', None), ('movement', None), ('quantity', 0)), _connector='OR'), name='inventory_cost_entry_cause', violation_error_message='A cost entry has one cause.'),
        ),
    ]
