"""The six roles, as groups with permissions.

Permissions are made after all migrations have run, so this one makes them first, for the models as
the code has them. A codename may hold * for anything; that never gives the right to delete. Granting a refund and paying it
are two duties: no role but Administrator holds both.
"""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

APPS = ("oms", "customers", "inventory", "orders", "fulfillment", "reporting", "compliance")
READING = ("customers.view_*", "inventory.view_*", "orders.view_*", "fulfillment.view_*")
READING += ("reporting.view_*", "oms.view_job")

ROLES = {
    "Operations": (
        *READING,
        "compliance.view_invoice*",
        "compliance.view_taxrate",
        "oms.view_event",
        "customers.view_personal_data",
        "customers.export_person",
        "customers.erase_person",
        "customers.*_customer",
        "customers.*_company",
        "customers.*_address",
        "orders.add_order",
        "orders.release_order",
        "orders.cancel_order",
        "orders.correct_order",
        "orders.place_hold",
        "orders.lift_hold",
        "orders.take_payment",
        "orders.grant_refund",
        "orders.*_skualias",
        "orders.change_channel",
        "inventory.receive_stock",
        "inventory.adjust_stock",
        "inventory.set_safety_stock",
        "inventory.*_product",
        "inventory.*_location",
        "fulfillment.*",
    ),
    "Warehouse": (
        "inventory.view_*",
        "orders.view_order",
        "orders.view_hold",
        "orders.place_hold",
        "fulfillment.*",
        "inventory.receive_stock",
        "inventory.adjust_stock",
        "customers.view_personal_data",  # names and addresses on labels
        "reporting.view_*",
        "oms.view_job",
    ),
    "Finance": (
        *READING,
        "compliance.view_*",
        "compliance.*_taxrate",
        "customers.view_personal_data",
        "orders.take_payment",
        "orders.pay_refund",
        "orders.place_hold",
        "orders.lift_hold",
        "customers.change_customer",
        "customers.change_company",
        "oms.view_event",
    ),
    "Support": (
        *READING,
        "compliance.view_invoice*",
        "customers.view_personal_data",
        "customers.export_person",
        "customers.change_customer",
        "orders.add_order",
        "orders.cancel_order",
        "orders.correct_order",
        "orders.place_hold",
        "orders.lift_hold",
        "orders.grant_refund",
        "fulfillment.*return*",
        "oms.view_event",
    ),
    "Auditor": (*READING, "compliance.view_*", "oms.view_*", "auth.view_group"),
    "Administrator": (*(f"{app}.*" for app in APPS), "auth.*_group"),
}


def lay_down(apps, schema_editor):
    using = schema_editor.connection.alias
    for label in (*APPS, "auth"):
        config = installed.get_app_config(label)
        create_contenttypes(config, verbosity=0, using=using)
        create_permissions(config, verbosity=0, using=using)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    everything = list(permissions.select_related("content_type"))
    for role, wanted in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=role)
        group.permissions.add(*(row for row in everything if any(_fits(row, w) for w in wanted)))


def _fits(permission, wanted):
    app, _, pattern = wanted.partition(".")
    if permission.content_type.app_label != app:
        return False
    name = permission.codename
    if "*" not in pattern:
        return name == pattern
    if name.startswith("delete_") or (pattern == "view_*" and name == "view_personal_data"):
        return False
    parts = pattern.split("*")
    return (
        name.startswith(parts[0])
        and name.endswith(parts[-1])
        and all(part in name for part in parts)
    )


def take_up(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("oms", "0002_number_sequences"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(lay_down, take_up, elidable=False)]
