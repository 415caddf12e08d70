"""The content of a placed order in the words of placing, to begin a draft with it."""

from customers import queries as customers
from customers.operations import Party
from oms.money import ZERO
from orders.enums import RETURN_CHARGES
from orders.models import Order
from orders.operations.sent import PlacedCharge, PlacedLine, PlacedOrder
from orders.queries.sealing import CONTEXT
from orders.queries.terms import business_of

CONTACT = ("name", "email", "phone", "company", "tax_id")


def content_of_order(order: Order) -> PlacedOrder:
    """What is still wanted of an order: buyer, addresses, lines, charges, purchase order number.

    Opens the envelope without recording it; nothing of it is shown here. A line that was partly
    cancelled comes without its discount, which was of the whole line.
    """
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    contact = opened.get("contact", {})
    row = business_of(order)
    lines = order.lines.order_by("position")
    return PlacedOrder(
        external_id="",
        currency=order.currency,
        customer=Party(**{name: contact.get(name, "") for name in CONTACT}),
        shipping_address=opened.get("shipping_address", {}),
        billing_address=opened.get("billing_address") or {},
        lines=tuple(
            PlacedLine(
                sku=line.sku,
                quantity=line.due,
                unit_price=line.unit_price,
                discount=line.discount if line.due == line.quantity else ZERO,
                external_id=line.external_id,
                name=line.name,
            )
            for line in lines
            if line.due
        ),
        charges=tuple(
            PlacedCharge(row.kind, row.amount, description=row.description)
            for row in order.charges.exclude(kind__in=RETURN_CHARGES).order_by("pk")
        ),
        priority=order.priority,
        tags=tuple(order.tags),
        purchase_order_number=row.purchase_order_number if row else "",
    )
