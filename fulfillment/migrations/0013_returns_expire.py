"""Returns that were approved before returns expired are waited for 30 days, like later ones."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce

DAYS = 30  # what a policy says that says nothing else


def set_expiry(apps, schema_editor):
    rows = apps.get_model("fulfillment", "Return").objects.using(schema_editor.connection.alias)
    rows.filter(status="approved", expires_at=None).update(
        expires_at=Coalesce(F("approved_at"), F("requested_at")) + timedelta(days=DAYS)
    )


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0012_exchanges")]
    operations = [migrations.RunPython(set_expiry, migrations.RunPython.noop, elidable=True)]
