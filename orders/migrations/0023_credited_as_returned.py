"""Until now, units were credited when they were returned."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    lines = apps.get_model("orders", "OrderLine").objects.using(schema_editor.connection.alias)
    lines.filter(returned__gt=0).update(credited=F("returned"))


class Migration(migrations.Migration):
    dependencies = [("orders", "0022_returns_credited")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
