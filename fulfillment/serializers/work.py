"""Messages about work and shipments."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from fulfillment.enums import RejectReason, ShipmentStatus
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.queries import allowed_actions
from fulfillment.serializers.origin import OriginOut
from oms.wire import Moment, Quantity, Sent, Short, message, utc
from orders.enums import GIVEN_REASONS
from orders.serializers import DryRun, Seen

Reason = Literal[tuple(RejectReason.values)]  # type: ignore[valid-type]
Progress = Literal[tuple(ShipmentStatus.values)]  # type: ignore[valid-type]
Cause = Literal[tuple(reason.value for reason in GIVEN_REASONS)]  # type: ignore[valid-type]
Position = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Grams = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
Millimetres = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Note = Annotated[str, msgspec.Meta(max_length=300)]


@message
class LineUnits(Sent):
    """Units of an order line, which is named by its position in the order."""

    line: Position
    quantity: Quantity


@message
class RejectionIn(Sent):
    """Why a location cannot supply, and which units; all that are not packed if none are named."""

    reason: Reason
    note: Note = ""
    lines: Annotated[list[LineUnits], msgspec.Meta(max_length=2_000)] = []


@message
class PickIn(Sent):
    """Picked or packed units of an order line; of a tracked product those of a lot or serial number.

    Without one, what expires first is taken.
    """

    line: Position
    quantity: Quantity
    lot: Annotated[str, msgspec.Meta(max_length=64)] = ""


@message
class PicksIn(Sent):
    """Units that were picked; all that are left if none are named."""

    lines: Annotated[list[PickIn], msgspec.Meta(max_length=2_000)] = []


@message
class ParcelIn(Sent):
    """A packed box: weight in grams, outer measures in millimetres."""

    weight_g: Grams
    lines: Annotated[list[PickIn], msgspec.Meta(min_length=1, max_length=2_000)]
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None


@message
class ParcelsIn(Sent):
    """Boxes that were packed."""

    parcels: Annotated[list[ParcelIn], msgspec.Meta(min_length=1, max_length=500)]


@message
class ParcelLotIn(Sent):
    """Units of a lot or serial number in a packed parcel, by the parcel's position."""

    parcel: Annotated[int, msgspec.Meta(ge=1, le=30_000)]
    line: Position
    quantity: Quantity
    lot: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


@message
class HandoverIn(Sent):
    """Every packed parcel goes to this carrier.

    `lots` says anew which lots or serial numbers are in lines of parcels; they make up all units of
    each line that is named. Lines that are not named stay as they were packed.
    """

    carrier: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    tracking_number: Short = ""
    service: Annotated[str, msgspec.Meta(max_length=60)] = ""
    lots: Annotated[list[ParcelLotIn], msgspec.Meta(max_length=5_000)] = []


@message
class CollectionIn(Sent):
    """The name of who collected; sealed under the buyer, and never shown by the API."""

    collected_by: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


@message
class RecallIn(Sent):
    """Why work is taken back."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


@message
class OrderRecallIn(Sent):
    """Why an order that locations work on is cancelled."""

    reason: Cause
    note: Note = ""
    dry_run: DryRun = False
    seen: Seen | None = None


@message
class TrackingIn(Sent):
    """What a carrier says about a shipment."""

    status: Progress
    at: Moment | None = None
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""
    place: Annotated[str, msgspec.Meta(max_length=120)] = ""


@message
class DeliveryIn(Sent):
    """When the buyer received it; now if not given."""

    at: Moment | None = None


@message
class FulfillmentLineOut(msgspec.Struct):
    """Units of an order line at this location; `channel_sku` is what the buyer's channel calls it."""

    line: int
    sku: str
    channel_sku: str
    name: str
    quantity: int
    picked: int
    packed: int
    shipped: int
    dropped: int


@message
class FulfillmentOrderOut(msgspec.Struct):
    """What one location does for one order."""

    number: str
    order: str
    location: str
    status: str
    reject_reason: str
    ship_by: datetime | None
    for_pickup: bool
    collect_by: datetime | None
    collected_at: datetime | None
    created_at: datetime
    lines: list[FulfillmentLineOut]
    allowed_actions: list[str]

    @classmethod
    def of(cls, document: FulfillmentOrder) -> "FulfillmentOrderOut":
        """As the API shows it; lines with their order lines are best prefetched."""
        lines = sorted(document.lines.all(), key=lambda line: line.order_line.position)
        return cls(
            number=document.number,
            order=document.order.number,
            location=document.location.code,
            status=document.status,
            reject_reason=document.reject_reason,
            ship_by=utc(document.ship_by),
            for_pickup=document.for_pickup,
            collect_by=utc(document.collect_by),
            collected_at=utc(document.collected_at),
            created_at=utc(document.created_at),
            lines=[
                FulfillmentLineOut(
                    line.order_line.position,
                    line.order_line.stock_sku,
                    line.order_line.sku,
                    line.order_line.name,
                    line.quantity,
                    line.picked,
                    line.packed,
                    line.shipped,
                    line.dropped,
                )
                for line in lines
            ],
            allowed_actions=allowed_actions(document, lines),
        )


@message
class ParcelLotOut(msgspec.Struct):
    """Units of a lot or serial number in a parcel, and how many of them came back."""

    lot: str
    quantity: int
    returned: int
    expires_on: date | None


@message
class ParcelLineOut(msgspec.Struct):
    """Units of an order line in a parcel; of a tracked product with its lots or serial numbers."""

    line: int
    quantity: int
    lots: list[ParcelLotOut]


@message
class ParcelOut(msgspec.Struct):
    """A box and what is in it."""

    position: int
    weight_g: int
    lines: list[ParcelLineOut]


@message
class TrackingOut(msgspec.Struct):
    """One thing that was said about a shipment."""

    status: str
    code: str
    place: str
    source: str
    at: datetime


@message
class ShipmentOut(msgspec.Struct):
    """Parcels that left together."""

    number: str
    order: str
    fulfillment_order: str
    carrier: str
    service: str
    tracking_number: str
    status: str
    weight_g: int
    shipped_at: datetime
    delivered_at: datetime | None
    returned_to_origin: OriginOut | None
    parcels: list[ParcelOut]
    tracking_events: list[TrackingOut]

    @classmethod
    def of(cls, shipment: Shipment) -> "ShipmentOut":
        """As the API shows it; parcels and events are best prefetched."""
        back = getattr(shipment, "origin_return", None)
        return cls(
            number=shipment.number,
            order=shipment.order.number,
            fulfillment_order=shipment.fulfillment_order.number,
            carrier=shipment.carrier.code,
            service=shipment.service,
            tracking_number=shipment.tracking_number,
            status=shipment.status,
            weight_g=shipment.weight_g,
            shipped_at=utc(shipment.shipped_at),
            delivered_at=utc(shipment.delivered_at),
            returned_to_origin=OriginOut.of(back, shipment.order.currency) if back else None,
            parcels=[_parcel(parcel) for parcel in shipment.parcels.all()],
            tracking_events=[
                TrackingOut(row.status, row.code, row.place, row.source, utc(row.at))
                for row in sorted(shipment.tracking_events.all(), key=lambda row: row.at)
            ],
        )


def _parcel(parcel) -> ParcelOut:  # noqa: ANN001 (a reverse relation's row)
    lines = [
        ParcelLineOut(
            row.line.order_line.position,
            row.quantity,
            [
                ParcelLotOut(one.lot.code, one.quantity, one.returned, one.lot.expires_on)
                for one in row.lots.all()
            ],
        )
        for row in parcel.lines.all()
    ]
    return ParcelOut(parcel.position, parcel.weight_g, lines)
