"""Reactions of customers: telling people what happened to what they ordered, keeping segments."""

from collections.abc import Sequence
from importlib import import_module

from django.utils.module_loading import import_string

from customers import operations
from customers.models import Customer
from customers.queries.segments import events_of_segments
from oms.events import heeds, takes_many
from oms.models import Event

ORDER, CUSTOMER = "orders.order", "customers.customer"


def notify(event: Event) -> None:
    """Something happened that a customer may be told of."""
    operations.notify(event)


@heeds(events_of_segments)
@takes_many
def settle_segments(events: Sequence[Event]) -> None:
    """Something happened to customers: ask them anew what segments ask."""
    buyers = import_string(import_module("oms.wiring").ANSWERS["customers.buyers_of"])
    orders = {event.subject_id for event in events if event.subject_type == ORDER}
    found = {event.subject_id for event in events if event.subject_type == CUSTOMER}
    apart = [number for event in events if (number := event.facts.get("survivor"))]
    if apart:
        found |= set(Customer.objects.filter(number__in=apart).values_list("pk", flat=True))
    operations.settle_segments(found | (buyers(orders) if orders else set()))
