"""Telling an order which of its units will not arrive, and which of them are made good."""

from typing import TYPE_CHECKING

from fulfillment.queries.undelivered import made_good_units, undelivered_units
from orders import operations as orders

if TYPE_CHECKING:
    from orders.models import Order


def settle_undelivered(order: "Order", *, by: str, reference: str) -> None:
    """Bring the order in line with what its shipments and claims say; `reference` is what changed."""
    orders.record_undelivered(
        order,
        by=by,
        units=undelivered_units(order.pk),
        made_good=made_good_units(order.pk),
        reference=reference,
    )
