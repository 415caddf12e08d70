"""Reactions of fulfillment to what happened to orders."""

from collections import defaultdict

from fulfillment import operations, queries
from fulfillment.enums import RejectReason
from inventory import operations as inventory
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


def count_found(event: Event) -> None:
    """Units left: each location found what its figure said."""
    found: dict[int, int] = defaultdict(int)
    for _, location, units in event.facts["units"]:
        found[location] += units
    for location, units in sorted(found.items()):
        inventory.record_found(location, units)


def look_into_misses(event: Event) -> None:
    """A location did not find what its figure said: lower its accuracy, have the rest counted."""
    facts = event.facts
    inventory.record_missed(facts["location"], sum(units for _, units in facts["products"]))
    if facts["reason"] == RejectReason.DAMAGED:  # it was seen; nothing is in doubt
        return
    for product, _ in facts["products"]:
        inventory.request_count(
            product,
            facts["location"],
            by="consumer:look_into_misses",
            note=f"Rejected: {RejectReason(facts['reason']).label.lower()}",
            reference=event.subject_label,
        )


def settle_exchange(event: Event) -> None:
    """A return came or never will: let its replacement go, or end the exchange."""
    document = queries.return_by_id(event.subject_id)
    operations.settle_exchange(document, by="consumer:settle_exchange")
