"""Drafts whose stock went back in its time name it no longer; earlier releases left the name."""

from django.db import migrations
from django.db.models import Exists, OuterRef


def forget(apps, schema_editor):
    using = schema_editor.connection.alias
    kept = (
        apps.get_model("inventory", "SoftReservation")
        .objects.using(using)
        .filter(token=OuterRef("reservation"), channel=OuterRef("channel__code"), state="open")
    )
    drafts = apps.get_model("orders", "DraftOrder").objects.using(using)
    named = drafts.filter(status="open").exclude(reservation="")
    named.filter(~Exists(kept)).update(reservation="")


class Migration(migrations.Migration):
    dependencies = [("orders", "0075_tax_ids"), ("inventory", "0012_soft_reservations")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop, elidable=True)]
