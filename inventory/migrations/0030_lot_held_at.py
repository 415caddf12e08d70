"""Since when a lot is held: its release brings back what was set apart since then, no more."""

import django.utils.timezone
from django.db import migrations, models


def date_holds(apps, schema_editor):
    """Lots that are held count as held from now on."""
    now = django.utils.timezone.now()
    for name in ("Lot", "HistoricalLot"):
        apps.get_model("inventory", name).objects.filter(is_held=True).update(held_at=now)


class Migration(migrations.Migration):

    dependencies = [("inventory", "0029_report_lengths")]

    operations = [
        migrations.AddField("lot", "held_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("historicallot", "held_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(date_holds, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField("lot", "is_held"),
        migrations.RemoveField("historicallot", "is_held"),
    ]
