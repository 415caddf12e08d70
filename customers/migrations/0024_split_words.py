"""Say in mails about a change what was split off or merged; what people wrote stays."""

import json
import re
from pathlib import Path

from django.db import migrations

WORDS = Path(__file__).parent.parent / "data" / "notification_templates.json"
CHARGES = "{% for charge in charges %}{{ charge.name }}  {{ charge.total }}\n{% endfor %}"
MOVED = re.compile(r"{% if split_off %}.*?{% endif %}{% if merged %}.*?{% endif %}", re.DOTALL)


def load(apps, schema_editor):
    model = apps.get_model("customers", "NotificationTemplate")
    rows = model.objects.using(schema_editor.connection.alias).filter(event="order.changed")
    for told in json.loads(WORDS.read_text(encoding="utf-8")):
        before = MOVED.sub("", told["body"])
        if told["event"] == "order.changed":
            shipped = [before, before.replace(CHARGES, "")]
            rows.filter(language=told["language"], body__in=shipped).update(body=told["body"])


class Migration(migrations.Migration):
    dependencies = [("customers", "0023_charge_words")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
