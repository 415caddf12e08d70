"""Lots of parcels that were packed before they were kept, where there is no doubt."""

from django.db import migrations
from django.db.models import Sum


def keep_what_is_known(apps, schema_editor):
    """A line with one parcel has all its lots there; a line with one lot has it in all parcels."""
    ParcelLine = apps.get_model("fulfillment", "ParcelLine")
    ParcelLot = apps.get_model("fulfillment", "ParcelLot")
    PickedLot = apps.get_model("fulfillment", "PickedLot")
    StockMovement = apps.get_model("inventory", "StockMovement")
    parts = []  # the newest lines first
    lines = PickedLot.objects.order_by("-line").values_list("line", flat=True).distinct()
    for line in lines.iterator():
        picks = list(PickedLot.objects.filter(line=line).select_related("lot__product"))
        rows = ParcelLine.objects.filter(line=line).select_related("parcel", "line")
        rows = list(rows.order_by("pk"))
        if len(rows) == 1 and sum(pick.quantity for pick in picks) == rows[0].quantity:
            parts += [(rows[0], pick.lot, pick.quantity) for pick in picks]
        elif len(picks) == 1 and len(rows) > 1:
            parts += [(row, picks[0].lot, row.quantity) for row in rows]
    known, left, out = [], {}, set()
    for row, lot, units in parts:
        key = row.line.order_line_id, lot.pk  # one line of an order may be served by several
        if key not in left:
            back = StockMovement.objects.filter(kind="returned", lot=lot.pk, order_line=key[0])
            left[key] = back.aggregate(units=Sum("quantity"))["units"] or 0
        returned = min(left[key], units) if row.parcel.shipment_id else 0
        left[key] -= returned
        is_serial = lot.product.tracking == "serial" and units == 1
        if is_serial and lot.pk in out:
            returned = 1  # it is in a newer parcel
        if is_serial and not returned:
            out.add(lot.pk)
        known.append(
            ParcelLot(
                parcel_line=row, lot_id=lot.pk, quantity=units,
                returned=returned, is_serial=is_serial,
            )
        )
    ParcelLot.objects.bulk_create(known, batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        ("fulfillment", "0016_parcel_lots"),
        ("inventory", "0035_unit_cost_not_negative"),
        ("orders", "0058_awaits_return"),
    ]

    operations = [migrations.RunPython(keep_what_is_known, migrations.RunPython.noop, elidable=True)]
