"""Orders learn which of the units that will not arrive were credited by claims and by their returns."""

from collections import defaultdict

from django.db import migrations
from django.db.models import F, Q, Sum

BACK = "returned_to_sender"


def count(apps, schema_editor):
    """As `queries.undelivered.made_good_units` says."""
    using = schema_editor.connection.alias
    units = defaultdict(int)
    claims = apps.get_model("fulfillment", "ClaimLine").objects.using(using).order_by()
    credited = claims.filter(claim__credit__isnull=False).filter(
        Q(claim__shipment__status=BACK)
        | Q(claim__kind="lost") & ~Q(claim__shipment__status__in=["delivered", BACK])
    )
    back = (
        apps.get_model("fulfillment", "ReturnLine")
        .objects.using(using)
        .order_by()
        .filter(return_order__origin_return__shipment__status=BACK)
    )
    for rows, counted in ((credited, F("quantity")), (back, F("credited") - F("charged"))):
        for line, found in rows.values_list("order_line").annotate(units=Sum(counted)):
            units[line] += found
    lines = apps.get_model("orders", "OrderLine").objects.using(using)
    for line in lines.filter(pk__in=list(units), undelivered__gt=0).iterator(chunk_size=500):
        line.made_good = min(units[line.pk], line.undelivered)
        line.save(update_fields=["made_good"])


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0021_origin_before"),
        ("orders", "0068_made_good_units"),
    ]
    operations = [migrations.RunPython(count, migrations.RunPython.noop, elidable=True)]
