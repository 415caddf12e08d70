"""The content of a placed order in the words of placing, to begin a draft with it."""

from collections.abc import Sequence
from decimal import Decimal

from customers import queries as customers
from customers.operations import Party
from inventory import queries as stock
from oms.money import ZERO
from orders.enums import RETURN_CHARGES
from orders.models import Order, OrderCharge, OrderLine
from orders.operations.repricing import price
from orders.operations.sent import PlacedCharge, PlacedLine, PlacedOrder
from orders.queries.sealing import CONTEXT
from orders.queries.terms import business_of

CONTACT = ("name", "email", "phone", "company", "tax_id")


def content_of_order(order: Order) -> PlacedOrder:
    """What is still wanted of an order: buyer, addresses, lines, charges, purchase order number.

    Opens the envelope without recording it; nothing of it is shown here. Tax comes along where the
    channel stated another than ours; ours is worked out anew from what the draft holds by then. A
    line that was partly cancelled comes without its discount and its tax, which were of the whole
    line. The place where it was to be collected is left out when nobody collects there any more.
    """
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    contact = opened.get("contact", {})
    row, place = business_of(order), order.pickup_location
    lines = list(order.lines.select_related("product").order_by("position"))
    charges = list(order.charges.exclude(kind__in=RETURN_CHARGES).order_by("pk"))
    stated = _stated(order, [*lines, *charges])
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
                tax_amount=tax if line.due == line.quantity else None,
                discount=line.discount if line.due == line.quantity else ZERO,
                external_id=line.external_id,
                name=line.name,
            )
            for line, tax in zip(lines, stated, strict=False)
            if line.due
        ),
        charges=tuple(
            PlacedCharge(charge.kind, charge.amount, tax, charge.description)
            for charge, tax in zip(charges, stated[len(lines) :], strict=True)
        ),
        priority=order.priority,
        tags=tuple(order.tags),
        purchase_order_number=row.purchase_order_number if row else "",
        pickup_location=place.code if place and stock.pickup_places([place.code]) else "",
    )


def _stated(order: Order, rows: Sequence[OrderLine | OrderCharge]) -> list[Decimal | None]:
    """The tax of each row where it is not what we assess, which only the channel can have stated."""
    kept = [row.tax_amount for row in rows]
    price(order, rows)
    return [tax if tax != row.tax_amount else None for tax, row in zip(kept, rows, strict=True)]
