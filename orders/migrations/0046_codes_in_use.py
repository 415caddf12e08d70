"""Hold types that somebody gave the codes of those about to ship stay switched on from now on."""

from django.db import migrations

CODES = ("approval", "purchase_order", "prepayment")


def switch_on(apps, schema_editor):
    table = apps.get_model("orders", "HoldType").objects.using(schema_editor.connection.alias)
    table.filter(code__in=CODES, is_active=False).update(is_active=True)


class Migration(migrations.Migration):
    dependencies = [("orders", "0045_mail_to_colleagues")]
    operations = [migrations.RunPython(switch_on, migrations.RunPython.noop, elidable=True)]
