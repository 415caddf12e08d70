"""The reasons that ship; and until now units were credited when they were received."""

import json
from pathlib import Path

from django.db import migrations
from django.db.models import F

REASONS = Path(__file__).parent.parent / "data" / "return_reasons.json"


def load(apps, schema_editor):
    using = schema_editor.connection.alias
    model = apps.get_model("fulfillment", "ReturnReason")
    rows = json.loads(REASONS.read_text(encoding="utf-8"))
    model.objects.using(using).bulk_create([model(**row) for row in rows], ignore_conflicts=True)
    lines = apps.get_model("fulfillment", "ReturnLine").objects.using(using)
    lines.update(credited=F("restocked") + F("quarantined") + F("scrapped"))


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0008_return_terms")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
