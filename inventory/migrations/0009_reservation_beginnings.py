"""Parts that were split off a reservation began when the whole did, not when they ended."""

from django.db import migrations
from django.db.models import F, Min, OuterRef, Subquery


def restore_beginnings(apps, schema_editor):
    rows = apps.get_model("inventory", "Reservation").objects.using(schema_editor.connection.alias)
    siblings = rows.filter(order_line=OuterRef("order_line"), level=OuterRef("level"))
    first = siblings.order_by().values("level").annotate(first=Min("created_at")).values("first")
    rows.filter(ended_at__lte=F("created_at")).update(created_at=Subquery(first))
    rows.filter(ended_at__lt=F("created_at")).update(created_at=F("ended_at"))


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_count_roles"), ("orders", "0005_list_filters")]
    operations = [migrations.RunPython(restore_beginnings, migrations.RunPython.noop, elidable=True)]
