"""Goods that leave and come back, and the events that fulfillment tells of them."""

from datetime import UTC, datetime

from django.db import connection

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier
from inventory.operations import Units
from oms.models import Event
from orders import operations as orders
from tests.factories import BY


def ship(order, number, **units):
    """Ship units by SKU through the orders app; returns the event fulfillment records."""
    lines = {line.sku: line for line in order.lines.all()}
    location = order.lines.first().reservations.first().level.location_id
    moved = [Units(lines[sku].pk, location, quantity) for sku, quantity in units.items()]
    orders.record_shipment(order, by=BY, units=moved, reference=number)
    return event("shipment.shipped", number, order, "units", moved, location=location)


def send(order, **units):
    """Pick, pack and ship one parcel through fulfillment: all, or so many units by SKU."""
    Carrier.objects.get_or_create(code="royal-mail", defaults={"name": "Royal Mail"})
    document = order.fulfillment_orders.exclude(status__in=["shipped", "cancelled"]).first()
    if document.status != "picked":
        fulfillment.pick(document, by=BY)
    rows = document.lines.select_related("order_line")
    contents = {row.pk: units.get(row.order_line.sku, 0) for row in rows if units}
    contents = {pk: count for pk, count in contents.items() if count}
    parcel = fulfillment.PackedParcel(900, contents or {row.pk: row.picked for row in rows})
    fulfillment.pack(document, by=BY, parcels=[parcel])
    return fulfillment.ship(document, by=BY, carrier="royal-mail")


def take_back(order, number, **units):
    """Receive returned units by SKU; returns the event fulfillment records."""
    lines = {line.sku: line for line in order.lines.all()}
    moved = [Units(lines[sku].pk, 0, quantity) for sku, quantity in units.items()]
    orders.record_return(order, by=BY, units=moved, reference=number)
    credited = [orders.Credited(unit.line_id, unit.quantity) for unit in moved]
    credit = orders.credit_return(order, by=BY, credited=credited, reference=number)
    return event("return.credited", number, order, "lines", moved, credit=str(credit))


def event(name, number, order, key, moved, **facts):
    rows = [[unit.line_id, 0, unit.quantity] for unit in moved]
    return Event(
        name=name,
        subject_label=number,
        at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        facts={"order": order.pk, key: rows, **facts},
    )


def tamper(sql):
    """Change ledger rows behind everybody's back, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("compliance_invoice", "compliance_invoiceline"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        cursor.execute(sql)
