"""Serving orders that wait for stock."""

from django.db import transaction

from inventory import operations as inventory
from inventory import queries as stock
from orders.models import Order
from orders.operations.pipeline import advance
from orders.queries.serving import columns, lines_waiting, policies

AT_ONCE = 200  # orders locked together; the rest is served by the follow-up event


@transaction.atomic
def serve_waiting(product_id: int, *, by: str) -> int:
    """Give available stock of a product to the orders that wait for it; returns how many it looked at.

    In turn, by the product's allocation policy. Orders on hold are passed over. Each order
    is advanced as a whole, so that its other lines get what they can as well. All orders are
    locked, in key order, before the first stock level, so that no two callers wait in a circle.
    """
    waiting = _waiting(product_id)
    if not waiting or not _left(product_id):
        return 0
    Order.objects.lock(*(order.pk for order in waiting[:AT_ONCE]))
    for served, order in enumerate(waiting[:AT_ONCE]):
        if not _left(product_id):
            return served
        advance(order, by=by)
    if len(waiting) > AT_ONCE and _left(product_id):
        inventory.announce_stock(product_id, by=by)
    return min(len(waiting), AT_ONCE)


def _left(product_id: int) -> bool:
    return not stock.supply_of([product_id]).is_empty


def _waiting(product_id: int) -> list[Order]:
    turn = columns(policies([product_id])[product_id])
    rows = Order.objects.filter(pk__in=lines_waiting([product_id]).values("order"))
    return list(rows.order_by(*turn)[: AT_ONCE + 1])
