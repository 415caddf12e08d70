"""What compliance does when goods leave and come back: documents."""

from compliance import operations, queries
from oms.models import Event

BY = "consumer:invoices"


def issue_invoice(event: Event) -> None:
    """A shipment was handed over: invoice it. Nothing while no legal entity is set up."""
    if queries.has_entity():
        operations.issue_for(event, by=BY)


def issue_credit_note(event: Event) -> None:
    """Goods came back: credit them. Nothing while no legal entity is set up."""
    if queries.has_entity():
        operations.issue_for(event, by=BY)
