"""Taking work back from locations so that an order can be changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fulfillment.models import FulfillmentOrder
from fulfillment.operations.recalling import withdraw
from fulfillment.operations.work import STILL_WORKING

if TYPE_CHECKING:
    from orders.models import Order


def withdraw_lines(order: "Order", line_ids: Iterable[int], *, by: str, reason: str) -> int:
    """Withdraw every fulfilment order that works on one of these lines; how many there were.

    Asked by orders through the wiring, inside the transaction of a change. What has shipped stays
    shipped; the rest of each document stays reserved until the change has decided about it.
    """
    documents = FulfillmentOrder.objects.filter(
        order=order, status__in=STILL_WORKING, lines__order_line__in=list(line_ids)
    )
    found = list(documents.distinct().order_by("pk"))
    for document in found:
        withdraw(document, by=by, reason=reason)
    return len(found)
