"""Having rules write to colleagues is a right of its own."""

from django.db import migrations

from oms.roles import grant


class Migration(migrations.Migration):
    """The permission, and who gets it: whoever could do it until now."""

    dependencies = [("orders", "0043_captured_before"), ("oms", "0003_roles")]
    operations = [
        migrations.AlterModelOptions(
            name="rule",
            options={
                "permissions": [
                    ("edit_rule", "Can draft rules and try them on past orders"),
                    ("activate_rule", "Can switch rules on and off"),
                    ("mail_colleagues", "Can have rules write to colleagues"),
                ]
            },
        ),
        grant("orders", {"Operations": ("mail_colleagues",)}),
    ]
