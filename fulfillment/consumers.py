"""Reactions of fulfillment to what happened to orders."""

from fulfillment import operations
from inventory.operations import Units
from oms.models import Event
from orders.queries import order_by_id


def create_fulfillment_orders(event: Event) -> None:
    """Units were released: give each location its work."""
    units = [Units(*row) for row in event.facts["units"]]
    order = order_by_id(event.subject_id)
    operations.create(order, by="consumer:create_fulfillment_orders", units=units)


def take_back_announced(event: Event) -> None:
    """The channel announced units back: recall what has not left, expect the rest."""
    operations.take_back(
        order_by_id(event.subject_id),
        by="consumer:take_back_announced",
        quantities=dict(event.facts["lines"]),
        reference=event.facts["reference"],
    )
