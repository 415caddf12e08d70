"""Prices and taxes of lines and charges of an order that is already placed."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from customers import queries as customers
from inventory import queries as stock
from oms.money import quantize
from orders.models import Order, OrderCharge, OrderLine
from orders.operations.pricing import tax_request, write_tax
from orders.queries.sealing import CONTEXT

Row = OrderLine | OrderCharge


def price(order: Order, rows: Sequence[Row]) -> None:
    """Work out amount and tax of these rows anew; nothing is saved.

    As at placing: a line is worth quantity x unit price - discount, rounded once, and taxed by the
    location that serves it and the place it goes to, on the day the order was placed.
    """
    for row in rows:
        if isinstance(row, OrderLine):
            amount = row.quantity * row.unit_price - row.discount
            row.total = quantize(amount, order.currency)
    known, postcode = places_of(order), _postcode(order)
    anywhere = next(iter(known.values()), None)
    asked = [
        tax_request(order, row, key=0, seller=_place(row, known, anywhere), postcode=postcode)
        for row in rows
    ]
    engine = import_string(settings.TAX_ENGINE)
    for row, assessed in zip(rows, engine(asked), strict=True):
        write_tax(order, row, assessed)


def places_of(order: Order) -> dict[int, int]:
    """The location that serves each line of the order, by line id."""
    found: dict[int, int] = {}
    for held in stock.open_reservations(order.lines.values_list("pk", flat=True)):
        found.setdefault(held.order_line_id or 0, held.level.location_id)
    return found


def _place(row: Row, places: dict[int, int], anywhere: int | None) -> int | None:
    return places.get(row.pk, anywhere) if isinstance(row, OrderLine) and row.pk else anywhere


def _postcode(order: Order) -> str:
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    return opened.get("shipping_address", {}).get("postcode", "") or order.ship_area
