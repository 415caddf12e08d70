"""What the world is told of work at locations, shipments and returns."""

from collections.abc import Collection
from typing import Any

from fulfillment.models import FulfillmentOrderLine
from oms.telling import One, Rows, told

ORDER = One("order", "number of the order", "order")
PLACE = One("location", "code of the location", "location")
REASON = One("reason", "code of the reason")
CREDITED = (
    ORDER,
    PLACE,
    One("credit", "what is given back for it"),
    One("fee", "what is kept of that"),
    One("charged", "what is charged again"),
    Rows("lines", "units credited so far", ("line:order_line", "product:product", "quantity")),
)
HERE = (
    ORDER,
    PLACE,
    Rows("lines", "units that are here", ("line:order_line", "product:product", "quantity")),
)
CLAIMED = (
    ORDER,
    One("shipment", "number of the shipment"),
    One("kind", "lost, damaged, short or late"),
    One("amount", "what is claimed, in the order's currency"),
)
BOOKED = (
    *CLAIMED,
    One("booked", "what came in; negative when a receipt is taken back"),
    One("received", "what is here in all"),
)
EXCHANGED = (
    ORDER,
    One("replacement", "number of the order sent in its place"),
    One("ships", "when that one ships"),
)

TOLD = {
    "fulfillment_order.created": told("a location has work", ORDER, PLACE),
    "fulfillment_order.accepted": told("it will do it", ORDER),
    "fulfillment_order.units_picked": told(
        "some units are in the trolley",
        Rows("units", "units by line", ("line:fulfillment_line", "quantity")),
    ),
    "fulfillment_order.picked": told("all are", ORDER),
    "fulfillment_order.units_packed": told(
        "some units are in parcels", One("parcels", "how many parcels were made")
    ),
    "fulfillment_order.packed": told("all are", ORDER, One("parcels", "how many were made")),
    "fulfillment_order.ready_for_pickup": told("it waits at the counter for its buyer", ORDER),
    "fulfillment_order.collected": told("its buyer has it", ORDER),
    "fulfillment_order.shipped": told("all that was to leave has left", ORDER),
    "fulfillment_order.rejected": told("the location cannot do it", ORDER),
    "fulfillment_order.units_rejected": told("it cannot do part of it", REASON),
    "fulfillment_order.stock_missed": told(
        "units were not there as the book said",
        REASON,
        PLACE,
        Rows("products", "units by SKU", ("sku:product", "quantity")),
    ),
    "fulfillment_order.cancelled": told("the work was taken back", ORDER),
    "shipment.shipped": told(
        "parcels were handed to a carrier",
        ORDER,
        PLACE,
        Rows("units", "units by line", ("line:order_line", "product:product", "quantity")),
        One("on_time", "whether the promise was kept; null without one"),
    ),
    "shipment.tracked": told(
        "the carrier reported progress", ORDER, One("status", "where it is now")
    ),
    "shipment.returned_to_origin": told(
        "the carrier brings them back undelivered",
        ORDER,
        REASON,
        One("rma", "number of the return by which they are received; null if made good before"),
        One("cash", "cash on delivery that is called off"),
    ),
    "shipment.origin_decided": told(
        "somebody decided about what came back",
        ORDER,
        One("decision", "hold, reship or refund"),
        One("replacement", "number of the order by which it is sent once more; null without one"),
    ),
    "shipment.delivered": told("the buyer has them", ORDER, One("status", "delivered")),
    "return.requested": told(
        "a buyer wants to send goods back", ORDER, One("reasons", "codes of the reasons")
    ),
    "return.approved": told("it may be sent, until its last day", ORDER),
    "return.declined": told("it may not", ORDER),
    "return.withdrawn": told("the buyer keeps the goods after all", ORDER),
    "return.expired": told("nothing of it came in time", ORDER),
    "return.inspected": told(
        "somebody looked at units that wait",
        ORDER,
        One("accepted", "units that are good"),
        One("refused", "units that are not"),
    ),
    "return.unannounced": told(
        "a unit of its order came that was not announced", ORDER, One("sku", "SKU of the unit")
    ),
    "return.foreign": told(
        "a unit came that is not of its order", ORDER, One("sku", "SKU of the unit")
    ),
    "return.partially_received": told("some units of it are here", *HERE),
    "return.received": told("every unit of a return has an outcome", *HERE),
    "return.credited": told("units of a return are credited, whether here or not", *CREDITED),
    "return.charged": told("what was credited and never came is charged again", *CREDITED),
    "return.exchanged": told("another order is sent in its place", *EXCHANGED),
    "return.exchange_ended": told(
        "that is over", *EXCHANGED, One("status", "done, refunded, cancelled or charged")
    ),
    "return.waived": told(
        "units are refunded and need not come back", ORDER, One("units", "how many")
    ),
    "return.closed": told("nothing is left to do", ORDER),
    "claim.opened": told("a claim against a carrier is written down", *CLAIMED),
    "claim.made_good": told(
        "the buyer of a claimed parcel has their remedy",
        *CLAIMED,
        One("remedy", "refund or replacement"),
        One("replacement", "number of the order sent in its place; null without one"),
    ),
    "claim.sent": told("the carrier has the claim", *CLAIMED),
    "claim.accepted": told("it pays what is claimed", *CLAIMED, One("accepted", "how much")),
    "claim.partly_accepted": told("it pays less", *CLAIMED, One("accepted", "how much")),
    "claim.declined": told("it pays nothing", *CLAIMED, One("accepted", "0")),
    "claim.booked": told("money of a claim came in", *BOOKED),
    "claim.booking_undone": told("a receipt of a claim is taken back", *BOOKED),
    "claim.written_off": told(
        "nobody waits for the rest any more",
        *CLAIMED,
        One("written_off", "how much will not come"),
        One("why", "why not"),
    ),
    "claim.write_off_undone": told(
        "it is waited for after all", *CLAIMED, One("open", "how much is owed again")
    ),
    "claim.paid": told("all that the carrier accepted is here", *CLAIMED),
    "claim.withdrawn": told("it is claimed no more", *CLAIMED),
}


def lines_named(keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Lines of fulfilment orders, as the order lines that they are about."""
    rows = FulfillmentOrderLine.objects.filter(pk__in=keys).values_list(
        "pk", "order_line__position", "order_line__sku", "order_line__external_id"
    )
    return {
        pk: {"line": position, "sku": sku, "external_id": external_id}
        for pk, position, sku, external_id in rows
    }
