"""Warehouse and Support see the terms of returns; what their wildcards gave beyond is taken away.

A new installation lays down the roles with the permissions of today, so that `fulfillment.*` gave
them what `0011_return_roles` leaves to Operations.
"""

from django.db import migrations

ROLES = ("Warehouse", "Support")
BEYOND = (
    "waive_return_policy",
    "add_returnpolicy",
    "change_returnpolicy",
    "add_returnreason",
    "change_returnreason",
)


def take_away(apps, schema_editor):
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    beyond = permissions.filter(content_type__app_label="fulfillment", codename__in=BEYOND)
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name__in=ROLES):
        group.permissions.remove(*beyond)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0013_returns_expire"), ("oms", "0003_roles")]
    operations = [migrations.RunPython(take_away, migrations.RunPython.noop, elidable=False)]
