"""Who sees lots, and who may stop one."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_lot",)


class Migration(migrations.Migration):
    """Roles of lots."""

    dependencies = [("inventory", "0020_lots"), ("oms", "0003_roles")]
    operations = [
        grant(
            "inventory",
            {
                "Operations": (*SEEN, "hold_lot"),
                "Warehouse": (*SEEN, "hold_lot"),
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            }
        )
    ]
