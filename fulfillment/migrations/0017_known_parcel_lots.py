"""Lots of parcels that were packed before they were kept, where there is no doubt."""

from django.db import migrations
from django.db.models import Sum


def keep_what_is_known(apps, schema_editor):
    """A line with one parcel has all its lots there; a line with one lot has it in all parcels."""
    ParcelLine = apps.get_model("fulfillment", "ParcelLine")
    ParcelLot = apps.get_model("fulfillment", "ParcelLot")
    PickedLot = apps.get_model("fulfillment", "PickedLot")
    StockMovement = apps.get_model("inventory", "StockMovement")
    known, seen, left = [], set(), {}
    lines = PickedLot.objects.order_by("-line").values_list("line", flat=True).distinct()
    for line in lines.iterator():
        picks = list(PickedLot.objects.filter(line=line).select_related("lot__product"))
        rows = list(ParcelLine.objects.filter(line=line).order_by("pk"))
        if len(rows) == 1 and sum(pick.quantity for pick in picks) == rows[0].quantity:
            parts = [(rows[0], pick, pick.quantity) for pick in picks]
        elif len(picks) == 1 and len({row.pk for row in rows}) > 1:
            parts = [(row, picks[0], row.quantity) for row in rows]
        else:
            continue
        for row, pick, units in parts:
            key = line, pick.lot_id
            if key not in left:
                back = StockMovement.objects.filter(
                    kind="returned", lot=pick.lot_id, order_line__fulfillment_lines=line
                ).aggregate(units=Sum("quantity"))["units"]
                left[key] = back or 0
            is_serial = pick.lot.product.tracking == "serial" and units == 1
            out_again = is_serial and pick.lot_id in seen
            returned = units if out_again else min(left[key], units)
            left[key] -= returned
            if is_serial and not returned:
                seen.add(pick.lot_id)
            known.append(
                ParcelLot(
                    parcel_line=row, lot_id=pick.lot_id, quantity=units,
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

    operations = [migrations.RunPython(keep_what_is_known, migrations.RunPython.noop)]
