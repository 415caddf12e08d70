"""Lay down the words of a message that rules can send; what people changed since stays."""

import json
from pathlib import Path

from django.db import migrations

WORDS = Path(__file__).parent.parent / "data" / "notification_templates.json"


def load(apps, schema_editor):
    model = apps.get_model("customers", "NotificationTemplate")
    rows = [model(**row) for row in json.loads(WORDS.read_text(encoding="utf-8"))]
    model.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_return_link_words")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
