"""Lay down the words that tell a buyer that an order is ready to be collected."""

import json
from pathlib import Path

from django.db import migrations

WORDS = Path(__file__).parent.parent / "data" / "notification_templates.json"


def load(apps, schema_editor):
    model = apps.get_model("customers", "NotificationTemplate")
    rows = json.loads(WORDS.read_text(encoding="utf-8"))
    new = [model(**row) for row in rows if row["event"] == "order.ready_for_pickup"]
    using = schema_editor.connection.alias
    model.objects.using(using).bulk_create(new, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0008_order_changed_template")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
