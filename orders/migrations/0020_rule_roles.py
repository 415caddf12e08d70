"""Runs of rules never change; who may draft rules, and who may switch them on."""

from django.db import migrations

from oms.append_only import protect
from oms.roles import grant

SEEN = ("view_rule", "view_ruleversion", "view_rulerun", "view_ruletrial")


class Migration(migrations.Migration):
    """Append-only trigger and roles."""

    dependencies = [("orders", "0019_rules"), ("oms", "0003_roles")]
    operations = [
        protect("orders_rulerun"),
        grant(
            "orders",
            {
                "Operations": (*SEEN, "edit_rule", "activate_rule"),
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
