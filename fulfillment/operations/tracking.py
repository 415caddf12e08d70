"""Tracking: what carriers and people say about a shipment, which never runs backwards."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import ShipmentStatus, StandardReason
from fulfillment.models import Shipment, TrackingEvent
from fulfillment.operations.documents import about
from fulfillment.operations.requesting import expect_back
from fulfillment.queries.shipments import units_of
from oms import events
from oms.history import stamp
from orders import operations as orders

PROGRESS = (
    ShipmentStatus.SHIPPED,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
)
FINAL = {ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED_TO_SENDER}


@transaction.atomic
def track(
    shipment: Shipment,
    *,
    by: str,
    status: str,
    at: datetime | None = None,
    code: str = "",
    place: str = "",
) -> Shipment:
    """Note a tracking event and move the shipment forward where it says so.

    A repeated event (same source, status, code and time) changes nothing. A late event of an
    earlier status is kept in the trail but does not move the shipment backwards; an exception
    shows until the next step forward. Delivered and returned to sender are final.
    """
    order = orders.lock_order(shipment.order)
    shipment = Shipment.objects.select_related("carrier").lock_one(shipment.pk)
    shipment.order = order
    when = at or timezone.now()
    forward = _is_forward(shipment, status, when)
    _, new = TrackingEvent.objects.get_or_create(
        shipment=shipment,
        source=by,
        status=status,
        code=code,
        at=when,
        defaults={"place": place},
    )
    if new and forward:
        _advance(shipment, status, by=by, at=when)
    return shipment


def deliver(shipment: Shipment, *, by: str, at: datetime | None = None) -> Shipment:
    """Take a shipment as received by the buyer; once delivered, it stays so."""
    if shipment.status == ShipmentStatus.DELIVERED:
        return shipment
    return track(shipment, by=by, status=ShipmentStatus.DELIVERED, at=at)


def _is_forward(shipment: Shipment, to: str, at: datetime) -> bool:
    now = shipment.status
    if now in FINAL or now == to:
        return False
    if to in FINAL:
        return True
    if ShipmentStatus.EXCEPTION in {to, now}:
        return not shipment.tracking_events.filter(at__gt=at).exists()  # late news change nothing
    return PROGRESS.index(ShipmentStatus(to)) > PROGRESS.index(ShipmentStatus(now))


def _advance(shipment: Shipment, status: str, *, by: str, at: datetime) -> None:
    shipment.status = status
    if status == ShipmentStatus.DELIVERED:
        shipment.delivered_at = at
    stamp(shipment, by=by)
    shipment.save(update_fields=["status", "delivered_at"])
    name = "shipment.delivered" if status == ShipmentStatus.DELIVERED else "shipment.tracked"
    events.record(name, shipment, by=by, **about(shipment.order), status=status)
    if status == ShipmentStatus.DELIVERED:
        orders.record_delivery(shipment.order, by=by, units=units_of(shipment))
    elif status == ShipmentStatus.RETURNED_TO_SENDER:
        expect_back(shipment, by=by, reason=StandardReason.UNDELIVERED)
