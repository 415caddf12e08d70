"""Lay down the words about waived returns, claims and parcels that came back."""

import json
from pathlib import Path

from django.db import migrations

WORDS = Path(__file__).parent.parent / "data" / "notification_templates.json"
NEW = {
    "return.waived",
    "claim.made_good",
    "shipment.returned_to_origin",
    "shipment.origin_decided",
}


def load(apps, schema_editor):
    model = apps.get_model("customers", "NotificationTemplate")
    rows = json.loads(WORDS.read_text(encoding="utf-8"))
    new = [model(**row) for row in rows if row["event"] in NEW]
    using = schema_editor.connection.alias
    model.objects.using(using).bulk_create(new, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0017_notes_and_tags")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
