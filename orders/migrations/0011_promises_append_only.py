"""The promise ledger never changes, and who may change promises and lines of waiting orders."""

from django.db import migrations

from oms.append_only import protect
from oms.roles import grant

SEEN = ("view_promise", "view_allocationpolicy")
DECIDES = ("change_promised_date", "set_priority")


class Migration(migrations.Migration):
    """Append-only trigger and roles."""

    dependencies = [("orders", "0010_promises"), ("oms", "0003_roles")]
    operations = [
        protect("orders_promise"),
        grant(
            "orders",
            {
                "Operations": (*SEEN, *DECIDES, "add_allocationpolicy", "change_allocationpolicy"),
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Support": (*SEEN, "change_promised_date"),
                "Auditor": SEEN,
            },
        ),
    ]
