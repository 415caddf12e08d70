"""A gateway's payment pays one order: others that name it share it, and are not booked by it."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef


def share(apps, schema_editor):
    """What moved from another order, and what was booked twice by older releases, shares."""
    payments = apps.get_model("orders", "Payment").objects.using(schema_editor.connection.alias)
    moves = apps.get_model("orders", "PaymentTransaction").objects.using(
        schema_editor.connection.alias
    )
    held = payments.exclude(gateway="").exclude(reference="")
    first = moves.filter(payment=OuterRef("pk")).order_by("pk").values("kind")[:1]
    held.annotate(first=models.Subquery(first)).filter(first="moved_in").update(
        shares_reference=True
    )
    older = payments.filter(
        gateway=OuterRef("gateway"),
        reference=OuterRef("reference"),
        shares_reference=False,
        pk__lt=OuterRef("pk"),
    )
    twice = list(
        held.filter(Exists(older), shares_reference=False).values_list("pk", flat=True)
    )
    payments.filter(pk__in=twice).update(shares_reference=True)


def ship(apps, schema_editor):
    table = apps.get_model("orders", "HoldType").objects.using(schema_editor.connection.alias)
    values = {
        "name": "Payment of another order",
        "owner": "Finance",
        "due_hours": 24,
        "escalate_hours": 48,
        "escalate_to": "Operations",
        "test": "paid",
        "unblock": "Find out which order was paid; this one goes on by itself once it is.",
        "stops_allocation": False,
    }
    kind, _ = table.get_or_create(code="reference_taken", defaults=values)
    if not kind.is_active:  # somebody gave that code; operations give it from now on
        table.filter(pk=kind.pk).update(is_active=True)


class Migration(migrations.Migration):
    """A mark, then the rule, and the type of hold for what breaks it."""

    dependencies = [("orders", "0052_reroute_window_roles")]
    operations = [
        migrations.AddField(
            "payment", "shares_reference", models.BooleanField(default=False, db_default=False)
        ),
        migrations.RunPython(share, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
