"""Repairs of what came in wrong: an unknown SKU, an incomplete address."""

from typing import TYPE_CHECKING

from django.db import transaction

from customers import queries as customers
from oms.countries import with_country_code
from oms.errors import DomainError
from orders.enums import HoldKind
from orders.models import Order, OrderLine
from orders.operations import pipeline
from orders.operations.putting_right import put_right
from orders.queries.sealing import CONTEXT, area_of
from orders.queries.validation import missing_parts

if TYPE_CHECKING:
    from inventory.models import Product


class NotUnknown(DomainError):
    """The line already has its product."""

    code = "not_unknown"
    message = "Line {line} of order {number} already stands for {sku}."


class AddressIncomplete(DomainError):
    """The corrected address is still not one that a carrier would accept."""

    code = "address_incomplete"
    message = "The address still lacks: {missing}"


class AddressInUse(DomainError):
    """A location already works on the order; its address can no longer change here."""

    code = "address_in_use"
    message = "Order {number} is already with a location; recall it first."


class ToBeCollected(DomainError):
    """The buyer collects the order where it lies; its address is that place's."""

    code = "to_be_collected"
    message = "Order {number} is collected at {place}; cancel it and place it again to send it."


class OrderEnded(DomainError):
    """A closed or cancelled order has nothing left to put right."""

    code = "order_ended"
    message = "Order {number} is {status}; there is nothing left to put right."


@transaction.atomic
def solve_sku(line: OrderLine, *, by: str, product: "Product") -> Order:
    """Say which product an unknown SKU stands for in this order, and go on.

    Every line of the order with the same SKU is solved; `remember_sku` does it for the channel.
    Raises NotUnknown and OrderEnded.
    """
    work = pipeline.lock(line.order, by=by)
    _refuse_ended(work)
    same = [row for row in work.lines if row.sku == line.sku and row.product_id is None]
    if not same:
        raise NotUnknown(line=line.position, number=work.order.number, sku=line.sku)

    for row in same:
        row.product, row.name = product, row.name or product.name
    OrderLine.objects.bulk_update(same, ["product", "name"])
    work.fact("order.sku_solved", sku=line.sku, product=product.pk, product_sku=product.sku)
    if all(row.product_id for row in work.lines):
        put_right(work, HoldKind.UNKNOWN_SKU, f"{line.sku} is {product.sku}")
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


@transaction.atomic
def correct_address(
    order: Order, *, by: str, shipping_address: dict[str, str], reason: str
) -> Order:
    """Replace the shipping address in the order's envelope and go on.

    Raises OrderEnded, AddressIncomplete, ToBeCollected for a store pickup, and AddressInUse once
    units are with a location. Tax stays as it was agreed at placing.
    """
    work = pipeline.lock(order, by=by)
    _refuse_ended(work)
    if place := work.order.pickup_location:
        raise ToBeCollected(number=work.order.number, place=place.name)
    if any(line.released for line in work.lines):
        raise AddressInUse(number=work.order.number)
    address = with_country_code(shipping_address)
    if missing := missing_parts(address):
        raise AddressIncomplete(missing=", ".join(missing))

    _seal_address(work, address)
    work.fact("order.address_corrected", reason=reason)
    put_right(work, HoldKind.INCOMPLETE_ADDRESS, reason)
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


@transaction.atomic
def name_country(order: Order, *, by: str, country: str) -> Order:
    """Put a country's code where the order's address says it in other words, and go on.

    What else the address lacks still holds the order. Raises OrderEnded and AddressInUse.
    """
    work = pipeline.lock(order, by=by)
    _refuse_ended(work)
    if any(line.released for line in work.lines):
        raise AddressInUse(number=work.order.number)

    values = customers.unseal(work.order.subject, work.order.sealed, CONTEXT)
    address = {**values.get("shipping_address", {}), "country": country}
    _seal_address(work, address)
    work.fact("order.address_corrected", reason=f"The channel's word stands for {country}")
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


def _seal_address(work: pipeline.Work, address: dict[str, str]) -> None:
    subject = work.order.subject
    values = customers.unseal(subject, work.order.sealed, CONTEXT)
    values["shipping_address"] = address
    work.order.sealed = customers.seal(subject, values, CONTEXT)
    work.order.ship_country = address["country"]
    work.order.ship_region = address.get("region", "")[:40]
    work.order.ship_area = area_of(address)


def _refuse_ended(work: pipeline.Work) -> None:
    if work.order.status not in pipeline.OPEN:
        raise OrderEnded(number=work.order.number, status=work.order.status)
