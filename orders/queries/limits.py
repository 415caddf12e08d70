"""What is sold before it is there."""

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from inventory.enums import LimitKind
from orders.enums import HoldKind, OrderStatus
from orders.models import Hold, Order, OrderLine

Used = dict[tuple[int, int | None, str], int]  # (product id, channel id or all, kind) -> units


def sold_ahead(product_ids: Iterable[int]) -> Used:
    """Units of open orders that wait for stock, and of pre-orders that have not shipped.

    Orders on hold count, so that they find room when they go on; not so those that a limit itself
    holds. A pre-order is no backorder until its day has come.
    """
    lines = OrderLine.objects.filter(
        product__in=set(product_ids),
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    ).order_by()
    preorder = Q(product__preorder_on__gt=timezone.localdate())
    waiting = _waiting(lines, preorder)
    ahead = lines.filter(preorder, quantity__gt=F("cancelled") + F("shipped"))
    found: Used = {}
    _add(found, LimitKind.BACKORDER, waiting, F("quantity") - F("cancelled") - F("allocated"))
    _add(found, LimitKind.PREORDER, ahead, F("quantity") - F("cancelled") - F("shipped"))
    return found


def backordered_beside(
    order: Order, product_ids: Iterable[int]
) -> dict[tuple[int, int | None], int]:
    """Units on backorder of other orders, by product id and channel id, or all channels (None).

    Orders that got no stock since they were placed, because a hold forbids it, have none yet.
    """
    lines = OrderLine.objects.filter(
        product__in=set(product_ids),
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    ).order_by()
    unasked = Hold.objects.filter(
        lifted_at=None, type__stops_allocation=True, placed_at__lte=F("order__created_at")
    )
    waiting = _waiting(lines, Q(product__preorder_on__gt=timezone.localdate()))
    waiting = waiting.exclude(order=order).exclude(order__in=unasked.values("order"))
    found: Used = {}
    _add(found, LimitKind.BACKORDER, waiting, F("quantity") - F("cancelled") - F("allocated"))
    return {(product, channel): units for (product, channel, _), units in found.items()}


def _waiting(lines: QuerySet[OrderLine], preorder: Q) -> QuerySet[OrderLine]:
    """Lines that lack units and are on backorder."""
    beyond = Hold.objects.filter(
        lifted_at=None, type__code=HoldKind.OUT_OF_STOCK, details__has_key="limit"
    )
    return lines.filter(
        Q(product__preorder_on=None) | ~preorder, quantity__gt=F("cancelled") + F("allocated")
    ).exclude(order__in=beyond.values("order"))


def _add(found: Used, kind: str, lines: QuerySet[OrderLine], units: object) -> None:
    sums = lines.values_list("product_id", "order__channel_id").annotate(units=Sum(units))
    for product, channel, total in sums:
        found[product, channel, kind] = total
        found[product, None, kind] = found.get((product, None, kind), 0) + total
