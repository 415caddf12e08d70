"""Decisions are never changed; who drafts and activates routing rules."""

from django.db import migrations

from oms.append_only import protect
from oms.roles import grant

SEEN = ("view_routingruleset", "view_locationgroup", "view_holidaycalendar", "view_locationservice")
KEEPS = tuple(
    f"{act}_{model}"
    for act in ("add", "change")
    for model in ("locationgroup", "holidaycalendar", "locationservice", "holiday")
)


class Migration(migrations.Migration):
    """Roles of routing, append-only decisions."""

    dependencies = [("inventory", "0015_routing"), ("oms", "0003_roles")]
    operations = [
        protect("inventory_sourcingdecision"),
        grant(
            "inventory",
            {
                "Operations": (*SEEN, *KEEPS, "edit_routing", "activate_routing"),
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
