"""Say what is charged beside goods in mails that tell lines and a total; what people wrote stays."""

import json
from pathlib import Path

from django.db import migrations

WORDS = Path(__file__).parent.parent / "data" / "notification_templates.json"
CHARGES = "{% for charge in charges %}{{ charge.name }}  {{ charge.total }}\n{% endfor %}"


def load(apps, schema_editor):
    model = apps.get_model("customers", "NotificationTemplate")
    rows = model.objects.using(schema_editor.connection.alias)
    for told in json.loads(WORDS.read_text(encoding="utf-8")):
        shipped_before = told["body"].replace(CHARGES, "")
        if shipped_before != told["body"]:
            same = rows.filter(event=told["event"], language=told["language"], body=shipped_before)
            same.update(body=told["body"])


class Migration(migrations.Migration):
    dependencies = [("customers", "0022_quote_words")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
