"""The hold of a replacement that waits for goods, and the open holds that are of it."""

from django.db import migrations


def ship(apps, schema_editor):
    using = schema_editor.connection.alias
    apps.get_model("orders", "HoldType").objects.using(using).get_or_create(
        code="awaits_return",
        defaults={
            "name": "Awaits a return",
            "owner": "Support",
            "escalate_hours": 24,
            "escalate_to": "Operations",
            "unblock": "The goods of the return come, or somebody decides to send it anyway.",
            "stops_allocation": False,
            "needs_person": False,
        },
    )
    holds = apps.get_model("orders", "Hold").objects.using(using)
    held = holds.filter(type="other", lifted_at=None, order__links_in__kind="exchange")
    rows = held.filter(reason__startswith="Ships when return ", reason__endswith=" is here")
    holds.filter(pk__in=list(rows.values_list("pk", flat=True))).update(type="awaits_return")


class Migration(migrations.Migration):
    dependencies = [("orders", "0057_hold_for_returns")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
