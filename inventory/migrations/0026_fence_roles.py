"""Who keeps stock for channels and customer groups, and who sees it."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_fence", "view_channelsafetystock", "view_availability")


class Migration(migrations.Migration):
    """Roles of fences."""

    dependencies = [("inventory", "0025_receipt_lots"), ("oms", "0003_roles")]
    operations = [
        grant(
            "inventory",
            {
                "Operations": (*SEEN, "set_fence"),
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
