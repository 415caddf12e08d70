"""Shipments that came back before are counted as such, and every role sees what comes back."""

from collections import defaultdict

from django.db import migrations
from django.db.models import F

from oms.roles import grant

SEEN = ("view_originreturn",)
BACK = "returned_to_sender"


def count(apps, schema_editor):
    """Rows for what came back, the units of their orders that will not arrive, and their stage."""
    using = schema_editor.connection.alias
    shipments = apps.get_model("fulfillment", "Shipment").objects.using(using).filter(status=BACK)
    returns = apps.get_model("fulfillment", "Return").objects.using(using)
    rows = apps.get_model("fulfillment", "OriginReturn").objects.using(using)
    for shipment in shipments.iterator(chunk_size=500):
        document = returns.filter(order=shipment.order_id, reference=shipment.number).first()
        decided = {} if document else {"decision": "settled", "decided_at": shipment.shipped_at}
        rows.create(
            order_id=shipment.order_id, shipment=shipment, return_order=document, **decided
        )
    _lines(apps, using)


def _lines(apps, using):
    parcels = apps.get_model("fulfillment", "ParcelLine").objects.using(using)
    units = defaultdict(int)
    for line, quantity in parcels.filter(parcel__shipment__status=BACK).values_list(
        "line__order_line", "quantity"
    ):
        units[line] += quantity
    lines = apps.get_model("orders", "OrderLine").objects.using(using)
    for line, quantity in units.items():
        lines.filter(pk=line).update(undelivered=quantity)
    touched = apps.get_model("orders", "Order").objects.using(using).filter(
        lines__in=list(units), stage="shipping"
    )
    under_way = lines.filter(shipped__gt=F("delivered") + F("undelivered"))
    for order in touched.distinct():
        if not under_way.filter(order=order).exists():
            order.stage = "reporting"
            order.save(update_fields=["stage"])


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0020_origin_returns"),
        ("orders", "0061_undelivered_units"),
        ("oms", "0003_roles"),
    ]
    operations = [
        migrations.RunPython(count, migrations.RunPython.noop, elidable=False),
        grant(
            "fulfillment",
            dict.fromkeys(("Operations", "Warehouse", "Finance", "Support", "Auditor"), SEEN),
        ),
    ]
