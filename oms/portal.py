"""The documentation portal: a guide that a stranger can follow, beside the reference."""

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oms import telling

EVENTS = (
    ("draft.opened", "somebody begins to put an order together"),
    ("draft.quoted", "it is offered to the buyer"),
    ("draft.quote_accepted", "the buyer said yes"),
    ("draft.submitted", "an order was placed with it"),
    ("order.placed", "an order came in"),
    ("order.held", "something speaks against letting it go on"),
    ("order.hold_lifted", "that is settled"),
    ("order.hold_escalated", "nobody settled it in time; `to` looks after it now"),
    ("order.allocated", "stock is reserved for units of it"),
    ("order.backordered", "units wait for stock"),
    ("order.payment_authorized", "the payer's side reserved money"),
    ("order.payment_captured", "money came in"),
    ("order.confirmed", "the first units were handed to a location"),
    ("order.released", "units were handed to locations"),
    ("order.recalled", "units were taken back from a location"),
    ("order.withdrawn", "units were taken back from a location and stay reserved"),
    ("order.split_off", "units of another order became this one"),
    ("order.merged", "another order's units are in this one now"),
    ("order.units_moved", "units left for another order, by a split or a merge"),
    ("order.changed", "lines, prices, charges or the address are others now"),
    ("order.shipped", "units have left"),
    ("order.delivered", "units have arrived"),
    ("order.undelivered", "units will not arrive: lost, or on their way back"),
    ("order.cancelled", "units, or all of it, will not be supplied"),
    ("order.returned", "units came back"),
    ("order.return_credited", "the price of returned units was given back, less fees"),
    ("order.return_charged", "what was credited and never came is charged again"),
    ("order.return_offered", "the buyer gets the link to the return page"),
    ("order.refund_granted", "money will go back"),
    ("order.refund_paid", "money went back"),
    ("order.closed", "delivered and paid"),
    ("fulfillment_order.created", "a location has work"),
    ("fulfillment_order.rejected", "the location cannot do it"),
    ("shipment.shipped", "parcels were handed to a carrier"),
    ("shipment.tracked", "the carrier reported progress"),
    ("shipment.delivered", "the buyer has them"),
    ("shipment.returned_to_origin", "the carrier brings them back, see `reason`"),
    ("shipment.origin_decided", "what came back is kept, refunded or sent once more"),
    ("return.requested", "a buyer wants to send goods back"),
    ("return.approved", "it may be sent, until its last day"),
    ("return.declined", "it may not, see `why`"),
    ("return.expired", "nothing of it came in time"),
    ("return.exchanged", "another order is sent in its place, see `replacement`"),
    ("return.exchange_ended", "the exchange is done, refunded, cancelled or charged"),
    ("return.received", "every unit of a return has an outcome"),
    ("return.waived", "units are refunded and need not come back"),
    ("return.credited", "units of a return are credited, whether here or not"),
    ("claim.opened", "a claim against a carrier is written down"),
    ("claim.made_good", "the buyer of a claimed parcel has a refund or a `replacement`"),
    ("claim.paid", "all that the carrier accepted is here"),
    ("invoice.issued", "an invoice was written"),
    ("credit_note.issued", "a credit note was written"),
    ("stock.increased", "a location has more to promise"),
    ("availability.changed", "a channel may sell more or fewer units of a product"),
)


def guide(request: HttpRequest) -> HttpResponse:
    """Show the guide, with codes of this installation in its examples."""
    channel = apps.get_model("orders.Channel").objects.filter(is_active=True).order_by("pk").first()
    context = {
        "base": request.build_absolute_uri("/").rstrip("/"),
        "channel": channel.code if channel else "web",
        "currency": channel.currency if channel else "GBP",
        "sku": _first("inventory.Product", "sku", "MUG"),
        "location": _first("inventory.Location", "code", "LON"),
        "carrier": _first("fulfillment.Carrier", "code", "royal-mail"),
        "rate": settings.OMS_API_RATE,
        "events": _events(),
    }
    return render(request, "portal/guide.html", context)


def _events() -> dict[str, dict[str, telling.Told]]:
    """What is told, by the first word of the event's name."""
    found: dict[str, dict[str, telling.Told]] = {}
    for name, told in telling.declared().items():
        found.setdefault(name.partition(".")[0].replace("_", " "), {})[name] = told
    return found


def _first(model: str, field: str, otherwise: str) -> str:
    rows = apps.get_model(model).objects.filter(is_active=True).order_by("pk")
    return rows.values_list(field, flat=True).first() or otherwise
