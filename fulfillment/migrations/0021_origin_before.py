"""Shipments that came back before are counted as such, and every role sees what comes back."""

from collections import defaultdict

from django.db import migrations
from django.db.models import F

from oms.roles import grant

SEEN = ("view_originreturn",)
BACK = "returned_to_sender"


def count(apps, schema_editor):
    """Rows for what came back, the units of their orders that will not arrive, and their stage.

    What was received was credited, and paid back as other returns are; what ended otherwise is
    settled. Only what is still waited for is to be decided, and Support gets the task.
    """
    using = schema_editor.connection.alias
    shipments = apps.get_model("fulfillment", "Shipment").objects.using(using).filter(status=BACK)
    returns = apps.get_model("fulfillment", "Return").objects.using(using)
    rows = apps.get_model("fulfillment", "OriginReturn").objects.using(using)
    tasks = apps.get_model("orders", "Task").objects.using(using)
    for shipment in shipments.iterator(chunk_size=500):
        document = returns.filter(order=shipment.order_id, reference=shipment.number).first()
        said = shipment.tracking_events.filter(status=BACK).order_by("at", "pk").first()
        row = rows.create(
            order_id=shipment.order_id,
            shipment=shipment,
            return_order=document,
            said_at=said.at if said else shipment.shipped_at,
            **_decided(shipment, document),
        )
        if row.decision == "waiting":
            tasks.create(
                order_id=shipment.order_id,
                title=f"{shipment.number} came back: reship it, refund it, or keep it",
                owner="Support",
                created_by="migration",
            )
    _lines(apps, using)


def _decided(shipment, document):
    """What was decided about it before anybody was asked, and when."""
    if document is None:
        return {"decision": "settled", "decided_at": shipment.shipped_at}
    if document.status in ("received", "closed"):
        at = document.received_at or document.closed_at or document.requested_at
        return {"decision": "refund", "decided_at": at}
    if document.status in ("declined", "withdrawn", "expired"):
        return {"decision": "settled", "decided_at": document.ended_at or document.requested_at}
    return {}


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
        migrations.RunPython(count, migrations.RunPython.noop, elidable=True),
        grant(
            "fulfillment",
            dict.fromkeys(("Operations", "Warehouse", "Finance", "Support", "Auditor"), SEEN),
        ),
    ]
