"""Tagging by hand is a permission of its own, which whoever looks after orders holds."""

from django.db import migrations

from oms.roles import grant

TAG = ("tag_order",)


class Migration(migrations.Migration):
    """The permission, and the roles that have it."""

    dependencies = [("orders", "0020_rule_roles"), ("oms", "0003_roles")]
    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={
                "permissions": [
                    ("release_order", "Can release orders to locations"),
                    ("cancel_order", "Can cancel orders and lines"),
                    ("correct_order", "Can map SKUs and correct addresses"),
                    ("tag_order", "Can tag orders"),
                ]
            },
        ),
        grant("orders", {"Operations": TAG, "Finance": TAG, "Support": TAG}),
    ]
