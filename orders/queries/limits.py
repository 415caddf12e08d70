"""What is sold before it is there."""

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from inventory.enums import LimitKind
from orders.enums import HoldKind, OrderStatus
from orders.models import Hold, OrderLine

Used = dict[tuple[int, int | None, str], int]  # (product id, channel id or all, kind) -> units


def sold_ahead(product_ids: Iterable[int]) -> Used:
    """Units of open orders that wait for stock, and of pre-orders that have not shipped.

    Orders on hold count, because whoever lets them go on asks no limit; not so those that a limit
    itself holds. A pre-order is no backorder until its day has come.
    """
    lines = OrderLine.objects.filter(
        product__in=set(product_ids),
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    ).order_by()
    preorder = Q(product__preorder_on__gt=timezone.localdate())
    beyond = Hold.objects.filter(
        lifted_at=None, type__code=HoldKind.OUT_OF_STOCK, details__has_key="limit"
    )
    waiting = lines.filter(
        Q(product__preorder_on=None) | ~preorder, quantity__gt=F("cancelled") + F("allocated")
    ).exclude(order__in=beyond.values("order"))
    ahead = lines.filter(preorder, quantity__gt=F("cancelled") + F("shipped"))
    found: Used = {}
    _add(found, LimitKind.BACKORDER, waiting, F("quantity") - F("cancelled") - F("allocated"))
    _add(found, LimitKind.PREORDER, ahead, F("quantity") - F("cancelled") - F("shipped"))
    return found


def _add(found: Used, kind: str, lines: QuerySet[OrderLine], units: object) -> None:
    sums = lines.values_list("product_id", "order__channel_id").annotate(units=Sum(units))
    for product, channel, total in sums:
        found[product, channel, kind] = total
        found[product, None, kind] = found.get((product, None, kind), 0) + total
