"""Tracking: what carriers and people say about a shipment, which never runs backwards."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import OriginReason, ShipmentStatus
from fulfillment.models import OriginReturn, Shipment, TrackingEvent
from fulfillment.models.origin import UNDECIDED
from fulfillment.operations.documents import about
from fulfillment.operations.origin import begin, sealed_note
from fulfillment.operations.undelivered import settle_undelivered
from fulfillment.queries.pickup import is_collected
from fulfillment.queries.shipments import units_of
from oms import events
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders

PROGRESS = (
    ShipmentStatus.SHIPPED,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
)
FINAL = {ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED_TO_SENDER}


class CannotComeBack(DomainError):
    """What the buyer has comes back as a return."""

    code = "cannot_come_back"
    message = "{number} is {status}; what its buyer has comes back as a return."


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody says of a shipment; why and how it comes back, where it does."""

    status: str
    at: datetime
    code: str = ""
    place: str = ""
    reason: str = OriginReason.OTHER
    note: str = ""


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
    shows until the next step forward. Delivered and returned to sender are final; what is returned
    is expected back as by `bring_back`.
    """
    return _note(shipment, _Said(status, at or timezone.now(), code, place), by=by)


@transaction.atomic
def bring_back(
    shipment: Shipment, *, by: str, reason: str, note: str = "", at: datetime | None = None
) -> OriginReturn:
    """The carrier brings a shipment back undelivered: expect its units, and have it decided about.

    Cash that was to be collected for it on delivery is called off. Said again it only corrects the
    reason while nothing is decided. Raises CannotComeBack for what was delivered, or collected by
    its buyer.
    """
    said = _Said(ShipmentStatus.RETURNED_TO_SENDER, at or timezone.now(), reason=reason, note=note)
    order = orders.lock_order(shipment.order)
    before = OriginReturn.objects.filter(shipment=shipment).first()
    shipment = Shipment.objects.select_related("carrier").get(pk=shipment.pk)
    shipment.order = order
    if before is None and (is_collected(shipment) or shipment.status in FINAL):
        raise CannotComeBack(number=shipment.number, status=shipment.get_status_display().lower())
    if before is None:
        _note(shipment, said, by=by)
        return OriginReturn.objects.get(shipment=shipment)
    if before.decision in UNDECIDED:
        before.reason, before.note = reason, sealed_note(order, note)
        stamp(before, by=by)
        before.save(update_fields=["reason", "note"])
    return before


@transaction.atomic
def _note(shipment: Shipment, said: _Said, *, by: str) -> Shipment:
    order = orders.lock_order(shipment.order)
    shipment = Shipment.objects.select_related("carrier").lock_one(shipment.pk)
    shipment.order = order
    forward = _is_forward(shipment, said.status, said.at)
    _, new = TrackingEvent.objects.get_or_create(
        shipment=shipment,
        source=by,
        status=said.status,
        code=said.code,
        at=said.at,
        defaults={"place": said.place},
    )
    if new and forward:
        _advance(shipment, said, by=by)
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


def _advance(shipment: Shipment, said: _Said, *, by: str) -> None:
    shipment.status = said.status
    if said.status == ShipmentStatus.DELIVERED:
        shipment.delivered_at = said.at
    stamp(shipment, by=by)
    shipment.save(update_fields=["status", "delivered_at"])
    name = "shipment.delivered" if said.status == ShipmentStatus.DELIVERED else "shipment.tracked"
    events.record(name, shipment, by=by, **about(shipment.order), status=said.status)
    if said.status == ShipmentStatus.DELIVERED:
        orders.record_delivery(shipment.order, by=by, units=units_of(shipment))
        settle_undelivered(shipment.order, by=by, reference=shipment.number)
    elif said.status == ShipmentStatus.RETURNED_TO_SENDER:
        begin(shipment, by=by, reason=said.reason, note=said.note)
