"""Who sets the terms of returns, and who may waive them."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_returnpolicy", "view_returnreason")
EDITS = ("add_returnpolicy", "change_returnpolicy", "add_returnreason", "change_returnreason")


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0010_return_line_rules"), ("oms", "0003_roles")]
    operations = [
        grant(
            "fulfillment",
            {
                "Operations": (*SEEN, *EDITS, "waive_return_policy"),
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
