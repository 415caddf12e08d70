"""Taking work back from locations so that an order can be changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fulfillment.models import FulfillmentOrder
from fulfillment.operations.recalling import recall
from fulfillment.operations.work import STILL_WORKING

if TYPE_CHECKING:
    from orders.models import Order


def recall_lines(order: "Order", line_ids: Iterable[int], *, by: str, reason: str) -> int:
    """Recall every fulfilment order that works on one of these lines; how many there were.

    Asked by orders through the wiring, inside the transaction of a change. What has shipped stays
    shipped; the rest of each document waits for stock again and is routed anew by the change.
    """
    documents = FulfillmentOrder.objects.filter(
        order=order, status__in=STILL_WORKING, lines__order_line__in=list(line_ids)
    )
    found = list(documents.distinct().order_by("pk"))
    for document in found:
        recall(document, by=by, reason=reason)
    return len(found)
