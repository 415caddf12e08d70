"""Who sees and who decides when what locations reject is routed again."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_reroutewindow",)


class Migration(migrations.Migration):
    """Roles."""

    dependencies = [("orders", "0051_reroute_windows"), ("oms", "0003_roles")]
    operations = [
        grant(
            "orders",
            {
                "Operations": (*SEEN, "add_reroutewindow", "change_reroutewindow"),
                "Warehouse": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
