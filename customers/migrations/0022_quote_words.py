"""Lay down the words that go to a buyer with the link of a quote."""

import json
from pathlib import Path

from django.db import migrations

WORDS = Path(__file__).parent.parent / "data" / "notification_templates.json"


def load(apps, schema_editor):
    model = apps.get_model("customers", "NotificationTemplate")
    rows = json.loads(WORDS.read_text(encoding="utf-8"))
    new = [model(**row) for row in rows if row["event"] == "draft.quote_sent"]
    using = schema_editor.connection.alias
    model.objects.using(using).bulk_create(new, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0021_consent_proof")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
