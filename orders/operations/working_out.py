"""What is in a draft, and what it would cost, be served from and wait for if it were placed now.

Nothing here writes.
"""

from django.utils import timezone

from customers import queries as customers
from customers.operations import Party
from inventory import queries as stock
from oms.countries import country_code, is_country
from orders.models import DraftOrder, Order
from orders.operations import businesses
from orders.operations.checking import place_holds
from orders.operations.drafting import allot, at_place, charge_of, line_of, products_of
from orders.operations.drafts import Draft
from orders.operations.pricing import assess_taxes
from orders.operations.sent import PlacedCharge, PlacedLine, PlacedOrder
from orders.queries.drafts import CONTEXT
from orders.queries.sealing import area_of
from orders.queries.tax_ids import is_tax_id


def work_out(document: DraftOrder, content: PlacedOrder, *, by: str) -> Draft:
    """The content as placing would see it at this moment, with totals, taxes, stock and holds.

    Stock is looked at without a lock: a plan promises nothing.
    """
    if place := document.pickup_location:
        content = at_place(content, place)
    worked = Draft(content, order=_order(document, content), pickup=place)
    products = products_of(document.channel, [worked])
    worked.lines = [
        line_of(position, line, products.get(line.sku), content)
        for position, line in enumerate(content.lines, start=1)
    ]
    worked.charges = [charge_of(charge) for charge in content.charges]
    businesses.describe(document.channel, [worked])
    wanted = (line.product_id for line in worked.lines if line.product_id)
    allot(worked, stock.supply_of(wanted, channel_id=document.channel_id))
    assess_taxes([worked])
    place_holds(document.channel, [worked], by=by)
    return worked


def content_of(document: DraftOrder) -> PlacedOrder:
    """What the draft holds, in the words of placing.

    Opens the envelope without recording it: a door that shows it to a reader goes through
    `customers.operations.disclose` itself.
    """
    subject = document.subject
    opened = customers.unseal(subject, document.sealed, CONTEXT) if subject else {}
    return PlacedOrder(
        external_id=document.external_id,
        currency=document.currency,
        customer=Party(**opened.get("contact", {"name": ""})),
        shipping_address=opened.get("shipping_address", {}),
        billing_address=opened.get("billing_address", {}),
        lines=tuple(
            PlacedLine(
                sku=line.sku,
                quantity=line.quantity,
                unit_price=line.unit_price,
                tax_amount=line.stated_tax,
                discount=line.discount,
                external_id=line.external_id,
                name=line.name,
            )
            for line in document.lines.order_by("position")
        ),
        charges=tuple(
            PlacedCharge(charge.kind, charge.amount, charge.stated_tax, charge.description)
            for charge in document.charges.order_by("pk")
        ),
        priority=document.priority,
        tags=tuple(document.tags),
        purchase_order_number=document.purchase_order_number,
        pickup_location=document.pickup_location.code if document.pickup_location else "",
    )


def _order(document: DraftOrder, content: PlacedOrder) -> Order:
    now, address = timezone.now(), content.shipping_address
    country = country_code(address.get("country", ""))
    return Order(
        channel=document.channel,
        customer=document.customer,
        currency=document.currency,
        price_includes_tax=document.price_includes_tax,
        ship_country=country if is_country(country) else "",
        ship_region=address.get("region", "")[:40],
        ship_area=area_of(address),
        pickup_location=document.pickup_location,
        buyer_tax_id=is_tax_id(content.customer.tax_id, country),
        placed_at=now,
        created_at=now,
    )
