"""Who sees what gateways were asked for; the type of hold for authorisations that ended."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_gatewayrequest",)


def ship(apps, schema_editor):
    table = apps.get_model("orders", "HoldType").objects.using(schema_editor.connection.alias)
    table.create(
        code="payment",
        name="Payment lost",
        owner="Finance",
        due_hours=24,
        escalate_hours=48,
        escalate_to="Operations",
        test="paid",
        unblock="The buyer pays again, or the order is cancelled; it goes on by itself once it is paid.",
        stops_allocation=False,
        stops_capture=False,
        needs_person=True,
    )


class Migration(migrations.Migration):
    """Roles."""

    dependencies = [("orders", "0037_gateways"), ("oms", "0003_roles")]
    operations = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        grant(
            "orders",
            dict.fromkeys(("Operations", "Finance", "Support", "Auditor"), SEEN),
        ),
    ]
