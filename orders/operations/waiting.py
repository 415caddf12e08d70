"""Serving orders that wait for stock."""

from collections.abc import Collection, Iterable

from django.db import transaction

from inventory import operations as inventory
from inventory import queries as stock
from orders.models import Order
from orders.operations import limits
from orders.operations.credit_holds import lock_credit_of
from orders.operations.pipeline import advance
from orders.queries.serving import columns, lines_waiting, policies
from orders.queries.waiting import products_waited_for

AT_ONCE = 20  # orders a transaction serves: buyers of the same products wait for it
MOST_TRIED = 2_000  # orders that could get nothing, before stock is left to whoever comes next


@transaction.atomic
def serve_waiting(product_ids: Iterable[int], *, by: str, tried: Collection[int] = ()) -> int:
    """Give available stock of products to the orders that wait for it; returns how many got some.

    In turn, by each product's allocation policy; the first `AT_ONCE` now, the rest by a follow-up
    event, which passes over those that were `tried` and could get nothing. Orders on hold are
    passed over. Each order is advanced as a whole, so that its other lines get what they can as
    well. All orders are locked in key order, then the limits and
    all levels of what they may want in key order, so that no two callers wait in a circle.
    """
    chosen, more = _next(sorted(set(product_ids)), set(tried))
    if not chosen:
        return 0
    keys = [order.pk for order in chosen]
    lock_credit_of(Order.objects.select_related("customer").lock(*keys))
    limits.hold_stock(products_waited_for(keys) | more)

    left_empty = [order.pk for order in chosen if not _got_some(order, by=by)]
    if more and (open_still := {product for product in more if _left(product)}):
        passed = [*tried, *left_empty]
        if len(passed) <= MOST_TRIED:
            inventory.announce_stock(open_still, by=by, tried=passed)
    return len(chosen) - len(left_empty)


def _next(product_ids: list[int], tried: set[int]) -> tuple[list[Order], set[int]]:
    """The next orders in turn, product by product, and the products that more wait for."""
    chosen: dict[int, Order] = {}
    more: set[int] = set()
    for product in product_ids:
        if not _left(product):
            continue
        waiting = [order for order in _waiting(product, tried) if order.pk not in chosen]
        room = AT_ONCE - len(chosen)
        chosen |= {order.pk: order for order in waiting[:room]}
        if len(waiting) > room:
            more.add(product)
    return list(chosen.values()), more


def _got_some(order: Order, *, by: str) -> bool:
    before = _allocated(order)
    advance(order, by=by)
    return _allocated(order) > before


def _allocated(order: Order) -> int:
    return sum(order.lines.values_list("allocated", flat=True))


def _left(product_id: int) -> bool:
    return not stock.supply_of([product_id]).is_empty


def _waiting(product_id: int, tried: set[int]) -> list[Order]:
    turn = columns(policies([product_id])[product_id])
    rows = Order.objects.filter(pk__in=lines_waiting([product_id]).values("order"))
    return list(rows.exclude(pk__in=tried).order_by(*turn)[: 2 * AT_ONCE + 1])
