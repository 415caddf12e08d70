"""What is sold before it is there."""

from collections.abc import Iterable

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from inventory.enums import LimitKind
from orders.enums import OrderStatus
from orders.models import OrderLine
from orders.queries.serving import lines_waiting

Used = dict[tuple[int, int | None, str], int]  # (product id, channel id or all, kind) -> units


def sold_ahead(product_ids: Iterable[int]) -> Used:
    """Units of open orders that wait for stock, and of pre-orders that have not shipped.

    Orders that a hold keeps from getting stock have no backorder yet; a pre-order counts in any case.
    """
    product_ids = set(product_ids)
    lines = OrderLine.objects.filter(
        product__in=product_ids,
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    ).order_by()
    waiting = lines_waiting(product_ids).order_by()
    ahead = lines.filter(
        quantity__gt=F("cancelled") + F("shipped"),
        product__preorder_on__gt=timezone.localdate(),
    )
    found: Used = {}
    _add(found, LimitKind.BACKORDER, waiting, F("quantity") - F("cancelled") - F("allocated"))
    _add(found, LimitKind.PREORDER, ahead, F("quantity") - F("cancelled") - F("shipped"))
    return found


def _add(found: Used, kind: str, lines: QuerySet[OrderLine], units: object) -> None:
    sums = lines.values_list("product_id", "order__channel_id").annotate(units=Sum(units))
    for product, channel, total in sums:
        found[product, channel, kind] = total
        found[product, None, kind] = found.get((product, None, kind), 0) + total
