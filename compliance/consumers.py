"""What compliance does when goods leave and come back: documents."""

from collections import Counter

from compliance import operations, queries
from compliance.operations import Goods
from oms.models import Event


def issue_invoice(event: Event) -> None:
    """A shipment was handed over: invoice it. Nothing while no legal entity is set up."""
    if queries.has_entity():
        operations.issue_invoice(
            queries.order(event.facts["order"]), by="consumer:invoices", goods=goods_of(event)
        )


def issue_credit_note(event: Event) -> None:
    """Goods came back: credit them."""
    if queries.has_entity() and event.facts["lines"]:
        operations.issue_credit_note(
            queries.order(event.facts["order"]), by="consumer:invoices", goods=goods_of(event)
        )


def goods_of(event: Event) -> Goods:
    """The goods that `shipment.shipped` or `return.received` tells of."""
    kind = "shipment" if event.name.startswith("shipment.") else "return"
    units: Counter[int] = Counter()
    for line, _product, quantity in event.facts["units" if kind == "shipment" else "lines"]:
        units[line] += quantity
    return Goods(
        source=f"{kind}:{event.subject_label}",
        units=units,
        location_id=event.facts.get("location"),
        at=event.at,
    )
