"""Transit times to begin with: our own estimate of parcel services, to be edited."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_transittime", "view_softreservation")
USUAL = (
    ("domestic", 0, 1),
    ("domestic", 400, 2),
    ("domestic", 1500, 4),
    ("abroad", 0, 3),
    ("abroad", 1500, 5),
    ("abroad", 5000, 8),
)


def lay_down(apps, schema_editor):
    rows = apps.get_model("inventory", "TransitTime").objects.using(schema_editor.connection.alias)
    for reach, beyond, days in USUAL:
        rows.get_or_create(reach=reach, country="", beyond_km=beyond, defaults={"days": days})


class Migration(migrations.Migration):
    dependencies = [("inventory", "0017_promise"), ("oms", "0003_roles")]

    operations = [
        migrations.RunPython(lay_down, migrations.RunPython.noop, elidable=False),
        grant(
            "inventory",
            {
                "Operations": (*SEEN, "add_transittime", "change_transittime"),
                "Warehouse": SEEN,
                "Finance": SEEN,
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]
