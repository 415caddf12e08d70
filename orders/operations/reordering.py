"""The content of a placed order in the words of placing, to begin a draft with it."""

from customers import queries as customers
from customers.operations import Party
from inventory import queries as stock
from oms.money import ZERO
from orders.enums import RETURN_CHARGES
from orders.models import Order
from orders.operations.sent import PlacedCharge, PlacedLine, PlacedOrder
from orders.queries.sealing import CONTEXT
from orders.queries.terms import business_of

CONTACT = ("name", "email", "phone", "company", "tax_id")


def content_of_order(order: Order) -> PlacedOrder:
    """What is still wanted of an order: buyer, addresses, lines, charges, purchase order number.

    Opens the envelope without recording it; nothing of it is shown here. Tax comes along where the
    channel stated it; ours is worked out anew from what the draft holds by then. A
    line that was partly cancelled comes without its discount and its tax, which were of the whole
    line. The place where it was to be collected is left out when nobody collects there any more.
    """
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    contact = opened.get("contact", {})
    row, place = business_of(order), order.pickup_location
    lines = order.lines.order_by("position")
    charges = order.charges.exclude(kind__in=RETURN_CHARGES).order_by("pk")
    return PlacedOrder(
        external_id="",
        currency=order.currency,
        customer=Party(**{name: contact.get(name, "") for name in CONTACT}),
        shipping_address={} if place else opened.get("shipping_address", {}),
        billing_address=opened.get("billing_address") or {},
        lines=tuple(
            PlacedLine(
                sku=line.sku,
                quantity=line.due,
                unit_price=line.unit_price,
                tax_amount=line.stated_tax if line.due == line.quantity else None,
                discount=line.discount if line.due == line.quantity else ZERO,
                external_id=line.external_id,
                name=line.name,
            )
            for line in lines
            if line.due
        ),
        charges=tuple(
            PlacedCharge(charge.kind, charge.amount, charge.stated_tax, charge.description)
            for charge in charges
        ),
        priority=order.priority,
        tags=tuple(order.tags),
        purchase_order_number=row.purchase_order_number if row else "",
        pickup_location=place.code if place and stock.pickup_places([place.code]) else "",
    )
