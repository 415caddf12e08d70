"""Who waits for stock."""

from collections.abc import Iterable

from django.db.models import F

from orders.enums import OrderStatus
from orders.models import OrderLine


def waited_for(product_ids: Iterable[int]) -> list[int]:
    """Those of these products that a line of an open order still lacks, in key order."""
    lines = OrderLine.objects.filter(
        product__in=set(product_ids),
        quantity__gt=F("cancelled") + F("allocated"),
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    )
    return sorted(set(lines.values_list("product_id", flat=True)))
