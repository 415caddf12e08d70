"""Store pickup: made ready at the counter, collected by the buyer, or taken back to stock.

Collecting is a shipment that no carrier carries: stock is issued, the invoice follows and reports
count it as they count every shipment.
"""

from django.db import transaction
from django.utils import timezone

from customers import queries as customers
from fulfillment.enums import FulfillmentOrderStatus, ShipmentStatus
from fulfillment.models import Carrier, FulfillmentOrder, FulfillmentOrderLine, Shipment
from fulfillment.operations import documents, packing, shipping
from fulfillment.operations.picking import refuse_held
from fulfillment.operations.recalling import recall
from fulfillment.operations.tracking import track
from fulfillment.queries.pickup import CARRIER, CONTEXT
from inventory import queries as stock
from oms import events
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders
from orders.enums import CancelReason


class NotForPickup(DomainError):
    """The buyer of this order has it sent."""

    code = "not_for_pickup"
    message = "{number} is to be sent, not to be collected."


class CollectorMissing(DomainError):
    """Goods are handed to somebody with a name."""

    code = "collector_missing"
    message = "Write down who collects {number}."


@transaction.atomic
def make_ready(document: FulfillmentOrder, *, by: str) -> FulfillmentOrder:
    """Put picked goods behind the counter and tell the buyer; they are kept as long as the location does.

    What is not packed yet goes into one bag, weighed by the catalogue. Raises NotForPickup,
    IllegalMove while units are still to be picked, and OrderOnHold.
    """
    document = documents.lock(document)
    refuse_held(document)
    if not document.for_pickup:
        raise NotForPickup(number=document.number)
    if document.status not in {FulfillmentOrderStatus.PICKED, FulfillmentOrderStatus.PACKED}:
        documents.refuse_move(document, FulfillmentOrderStatus.READY_FOR_PICKUP)

    if document.status == FulfillmentOrderStatus.PICKED:
        bag = _bag(documents.lines_of(document))
        document = packing.pack(document, by=by, parcels=[bag])[0].fulfillment_order
    documents.move(document, FulfillmentOrderStatus.READY_FOR_PICKUP, by=by)
    document.collect_by = timezone.now() + stock.kept_at_counter(document.location_id)
    document.save(update_fields=["collect_by"])
    until = document.collect_by.date().isoformat()
    facts = {"work": document.number, "location": document.location_id, "until": until}
    events.record("order.ready_for_pickup", document.order, by=by, **facts)
    return document


@transaction.atomic
def collect(document: FulfillmentOrder, *, by: str, collected_by: str) -> Shipment:
    """Hand the goods over: stock is issued, units count as shipped and delivered.

    The name of who came is sealed under the buyer and goes when the buyer is erased. Raises
    CollectorMissing, and IllegalMove unless the goods are ready.
    """
    document = documents.lock(document)
    documents.refuse_move(document, FulfillmentOrderStatus.COLLECTED)
    if not collected_by.strip():
        raise CollectorMissing(number=document.number)

    carrier, _ = Carrier.objects.get_or_create(code=CARRIER, defaults={"name": "Collected"})
    shipment = shipping.hand_over(document, by=by, carrier=carrier)
    subject = document.order.subject
    document.collector = customers.seal(subject, {"name": collected_by.strip()}, CONTEXT)
    stamp(document, by=by, reason="collected")
    document.save(update_fields=["collector"])
    documents.move(document, FulfillmentOrderStatus.COLLECTED, by=by)
    return track(shipment, by=by, status=ShipmentStatus.DELIVERED)


@transaction.atomic
def give_up(document: FulfillmentOrder, *, by: str) -> FulfillmentOrder:
    """Nobody came: the goods go back to stock, and their units of the order are cancelled.

    What was paid for them can be refunded. Raises IllegalMove unless the goods are ready.
    """
    document = documents.lock(document)
    if document.status != FulfillmentOrderStatus.READY_FOR_PICKUP:
        raise documents.IllegalMove(
            number=document.number, status=document.status, to=FulfillmentOrderStatus.CANCELLED
        )
    units = {line.order_line_id: line.due - line.shipped for line in documents.lines_of(document)}

    document = recall(document, by=by, reason="Not collected")
    orders.cancel_lines(
        document.order,
        by=by,
        quantities=units,
        reason=CancelReason.CUSTOMER,
        note=f"{document} was not collected",
    )
    return document


def _bag(lines: list[FulfillmentOrderLine]) -> packing.PackedParcel:
    contents = {line.pk: line.to_pack for line in lines if line.to_pack}
    weight = sum(_weight(line) * line.to_pack for line in lines)
    return packing.PackedParcel(max(weight, 1), contents)


def _weight(line: FulfillmentOrderLine) -> int:
    product = line.order_line.product
    return product.weight_g or 0 if product else 0
